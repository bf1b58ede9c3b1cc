// Small helpers. Elements are cloned from templates and filled with text; no text is ever parsed as markup.

export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** The first element of the template with this id, as a new element. */
export function clone(id) {
  return document.getElementById(id).content.cloneNode(true).firstElementChild;
}

/** Puts texts into the elements named by data-slot; a slot without a text is hidden. */
export function fill(root, texts) {
  for (const slot of all("[data-slot]", root)) {
    if (!(slot.dataset.slot in texts)) continue;
    const text = texts[slot.dataset.slot] ?? "";
    slot.textContent = text;
    slot.hidden = text === "";
  }
  return root;
}

/** Shape, word and colour, as the tag `state` draws them on the server. */
export function state(level, text) {
  const element = clone(`state-${level}`);
  element.append(text);
  return element;
}

const late = [];
let isPressed = false;
for (const type of ["pointerdown", "pointerup", "pointercancel"]) {
  addEventListener(type, () => {
    isPressed = type === "pointerdown";
    if (!isPressed) setTimeout(() => { for (const act of late.splice(0)) act(); }); // after the click
  }, true);
}

/** Does it at once, or as soon as no button is held down: what moves under the pointer then is not clicked. */
export function whenReleased(act) {
  if (isPressed) late.push(act);
  else act();
}

/** Tells people who do not see the page what has just happened in it. */
export function announce(text) {
  const region = find("[data-status]");
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50); // so that the same text is announced again
}

const answers = new WeakMap();

/** Says on a button what has come of it, and aloud; its own words are back after two seconds, however often it is pressed. */
export function answerOn(button, text) {
  button.dataset.words ??= button.textContent;
  button.textContent = text;
  announce(`${text}.`);
  clearTimeout(answers.get(button));
  answers.set(button, setTimeout(() => { button.textContent = button.dataset.words; }, 2000));
}

/** 23 Nov 2026, 14:05:09 UTC */
export function exactTime(iso) {
  const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" };
  return `${new Intl.DateTimeFormat("en-GB", options).format(new Date(iso))} UTC`;
}
