// The console's script: keys, help and copying on every page, and the edit form where there is one. Every page works without it.

import { all, find, say } from "./dom.js";
import { startEdit } from "./edit_form.js";

document.documentElement.classList.add("js");

const help = find("#help");
const isTyping = (element) => element.matches("input:not([type=checkbox]), textarea, select") || element.isContentEditable;

document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isPlain || event.defaultPrevented || isTyping(event.target) || help.open || !find("[data-keys]").checked) return;
  if (event.key === "?") help.showModal();
  else if (event.key === "/" && find("[data-filter]")) find("[data-filter]").focus();
  else return;
  event.preventDefault();
});
all("[data-help]").forEach((button) => button.addEventListener("click", () => help.showModal()));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    say("Copied.");
    button.textContent = "Copied";
  } catch {
    say("The browser did not allow copying.");
    button.textContent = "Not copied";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

const form = find("[data-edit]");
if (form) startEdit(form);
