// Shows one value for a short time, or copies it without showing it. It is gone from the page when its time is up, and when the page is left.

import { all, announce, answerOn, find } from "./dom.js";
import { showProblem } from "./messages.js";

// What cannot be seen, or moves what stands beside it: controls, format marks, other blanks than a space; a space at either end of a line.
const ODD = /[^\P{C}\n]|[^\P{Z} ]|^ +| +$/gmu;
let hideShown = () => {};

export function startReveal() {
  all("[data-reveal] form").forEach((form) => form.addEventListener("submit", (event) => onSubmit(event, form)));
  all("[data-reveal] details").forEach((details) => details.addEventListener("toggle", () => { if (details.open) find("[name=reason]", details).focus(); }));
  addEventListener("pagehide", hideAll); // the browser may keep the page whole, no-store or not
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideShown(); });
  all("form[action='/sign-out']").forEach((form) => form.addEventListener("submit", notifyOtherTabs));
  if (find("[data-reveal]")) listenToOtherTabs();
}

function notifyOtherTabs() {
  const channel = new BroadcastChannel("signed-out");
  channel.postMessage("");
  channel.close();
}

/** Open while the page is shown: a browser would not keep a page that has an open channel, or would drop it for a message. */
function listenToOtherTabs() {
  let channel;
  addEventListener("pageshow", () => {
    channel = new BroadcastChannel("signed-out");
    channel.onmessage = hideAll;
  });
  addEventListener("pagehide", () => channel?.close());
}

function hideAll() {
  hideShown();
  all("[data-revealed]").forEach((output) => output.replaceChildren());
}

async function onSubmit(event, form) {
  event.preventDefault();
  const root = form.closest("[data-reveal]");
  const { value: to } = event.submitter;
  if (form.dataset.isBusy) return;
  form.dataset.isBusy = "yes";
  find("[data-messages]", root).replaceChildren();
  hideShown();
  try {
    if (to === "clipboard") await copy(form, root);
    else show(root, await ask(form, to));
  } catch (error) {
    showProblem(root, error.problem ?? { title: "The value could not be shown", text: String(error.message) });
  }
  delete form.dataset.isBusy;
}

/** Rejects with `problem`, fit to be shown. */
async function ask(form, to) {
  const body = new FormData(form);
  body.set("to", to);
  const headers = { Accept: "application/json" };
  const response = await fetch(form.action, { method: "POST", body, headers, redirect: "manual", cache: "no-store" })
    .catch(() => { throw failure({ title: "The console cannot be reached", text: "Nothing is shown." }); });
  if (response.type === "opaqueredirect") throw failure({ title: "You are signed out", text: "Nothing is shown. Load the page again to sign in." });
  const answer = await response.json().catch(() => ({}));
  if (!answer.revealed) throw failure(answer.problem ?? { title: "The console gave no readable answer", text: `Its status was ${response.status}.` });
  return answer.revealed;
}

const failure = (problem) => Object.assign(new Error(problem.title), { problem });

/** A promise in the clipboard item keeps the click's permission alive while the console answers. */
async function copy(form, root) {
  const asked = ask(form, "clipboard");
  const text = asked.then(({ value }) => new Blob([value], { type: "text/plain" }));
  text.catch(() => {}); // handled below
  try {
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
  } catch {
    await asked; // rejects with the reason, when it was the console that refused
    throw failure({ title: "The browser did not allow copying", text: "The value was not shown either. The record says that it was asked for." });
  }
  close(root);
  const note = "Copied, and not shown. It stays in the clipboard until something else is copied.";
  find("[data-messages]", root).textContent = note;
  announce(note);
}

function close(root) {
  const details = find("details", root);
  if (!details) return;
  details.open = false;
  find("form", root).reset();
  find("summary", root).focus();
}

function show(root, { value, kind, seconds }) {
  const area = find("[data-shown]", root);
  const output = find("[data-revealed]", root);
  const start = find("details, form", root);
  const until = Date.now() + seconds * 1000;
  output.replaceChildren(...pieces(value));
  find("[data-shown-note]", area).textContent = noteOn(value, kind, output);
  start.hidden = true;
  area.hidden = false;
  output.focus();
  announce(`The value is shown for ${seconds} seconds.`);

  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) hideShown();
    else find("[data-countdown]", area).textContent = `Hidden in ${left} s`;
  };
  const timer = setInterval(tick, 250);
  document.addEventListener("visibilitychange", tick); // timers sleep in a hidden tab
  hideShown = () => {
    hideShown = () => {};
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
    const hadFocus = area.contains(document.activeElement);
    output.replaceChildren();
    area.hidden = true;
    start.hidden = false;
    close(root);
    if (hadFocus) find("summary, button", root).focus();
    announce("The value is hidden again.");
  };
  find("[data-hide]", area).onclick = () => hideShown();
  find("[data-copy-shown]", area).onclick = ({ currentTarget }) => copyShown(output, currentTarget);
  tick();
}

async function copyShown(output, button) {
  const copied = navigator.clipboard.writeText(output.textContent);
  answerOn(button, await copied.then(() => "Copied", () => "Not copied"));
}

function noteOn(value, kind, output) {
  const notes = [];
  if (value === "") notes.push("It is an empty text.");
  if (kind === "JSON") notes.push("It is no text: shown as it is written in the document.");
  if (find(".odd", output)) notes.push("Marked characters cannot be seen otherwise; they are part of the value, the marks are not.");
  return notes.join(" ");
}

/** Text as it is, and around what cannot be seen an element whose mark comes from the style sheet: the text stays the value, to the byte. */
export function pieces(value) {
  const nodes = [];
  let end = 0;
  for (const found of value.matchAll(ODD)) {
    nodes.push(value.slice(end, found.index), marked(found[0]));
    end = found.index + found[0].length;
  }
  return [...nodes, value.slice(end)];
}

function marked(text) {
  const element = document.createElement("span");
  element.className = "odd";
  element.dataset.code = text[0] === " " ? `${text.length} × blank` : `U+${text.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  element.textContent = text;
  return element;
}
