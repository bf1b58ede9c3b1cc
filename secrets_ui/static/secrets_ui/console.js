// The console's script: keys, help and copying on every page, and the edit form where there is one. Every page works without it.

import { all, answerOn, find } from "./dom.js";
import { startEdit } from "./edit_form.js";
import { startPasskey } from "./passkey.js";
import { startSession } from "./session.js";
import { startReveal } from "./reveal.js";

document.documentElement.classList.add("js");

const help = find("#help");
const TOGETHER = 1_500; // milliseconds within which g and c are one command
let wentAt = -TOGETHER; // when g was pressed
const isTyping = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select") || element.isContentEditable;

document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isPlain || event.defaultPrevented || isTyping(event.target) || help.open || !find("[data-keys]").checked) return;
  // What is typed in a form is not left by a single key.
  const compare = find("[data-edit]") ? null : find("[data-compare]");
  const isSecond = performance.now() - wentAt < TOGETHER;
  wentAt = event.key === "g" ? performance.now() : -TOGETHER;
  if (event.key === "?") help.showModal();
  else if (event.key === "/" && find("[data-filter]")) goToFilter(find("[data-filter]"));
  else if (event.key === "/" && compare) location.assign(`${compare.href}#q`);
  else if (event.key === "c" && isSecond && compare) compare.click();
  else return;
  event.preventDefault();
});

// Escape leaves an act's question, for the button that asked it.
document.addEventListener("keydown", (event) => {
  const question = event.key === "Escape" && find(".confirm[open]");
  if (!question) return;
  question.open = false;
  find("summary", question).focus();
});

// A filter that is folded away takes no focus.
function goToFilter(input) {
  const fold = input.closest("details");
  if (fold) fold.open = true;
  input.focus();
}

// The search over all environments, asked for from another page.
if (location.hash === "#q" && find("[data-filter]")) goToFilter(find("[data-filter]"));

all("[data-help]").forEach((button) => button.addEventListener("click", () => help.showModal()));

// data-copy copies its own text, or what stands before the button; data-copy-from what an address answers.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  answerOn(button, await copy(button) ? "Copied" : "Not copied");
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(await textFor(button));
    return true;
  } catch {
    return false;
  }
}

async function textFor(button) {
  if (!button.dataset.copyFrom) return button.dataset.copy || button.previousElementSibling.textContent;
  const answer = await fetch(button.dataset.copyFrom);
  if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
  return answer.text();
}

// What is shown once does not come back with the page, by Back or from the back-forward cache.
addEventListener("pagehide", () => all("[data-once]").forEach((element) => element.remove()));

const form = find("[data-edit]");
if (form) startEdit(form);
startReveal();

const passkey = find("[data-passkey]");
if (passkey) startPasskey(passkey);

const session = find("[data-session]");
if (session) startSession(session, find("[data-session-note]"));
