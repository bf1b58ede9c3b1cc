// What went wrong: beside the field where it belongs to one, and above the step. The focus goes where the repair begins.

import { all, announce, clone, fill, find } from "./dom.js";

export function clearErrors(form) {
  all("[data-messages]", form).forEach((list) => list.replaceChildren());
  clearMarks(form);
}

/** What was said beside fields: of a whole form, or of one row as soon as it is typed in again. */
export function clearMarks(root) {
  all("[data-error]", root).forEach((line) => { line.hidden = true; line.textContent = ""; });
  all("[aria-invalid]", root).forEach((field) => field.removeAttribute("aria-invalid"));
}

/** @param {Record<string, string[]>} errors by field name; "" is about the form as a whole */
export function showErrors(form, step, errors) {
  const fields = Object.keys(errors).flatMap((name) => mark(form, name, errors[name]));
  const general = [...(errors[""] ?? []), ...unplaced(form, errors)];
  const text = general.join(" ") || "Look at the marked fields.";
  showProblem(step, { title: "Nothing was saved", text }, fields[0]);
}

function mark(form, name, messages) {
  const line = all("[data-error]", form).find((element) => element.dataset.error === name);
  const field = name && form.elements[name];
  if (!line || !field) return [];
  line.textContent = messages.join(" ");
  line.hidden = isSaid(line, messages);
  field.setAttribute("aria-invalid", "true");
  return [field];
}

/** The row may have said it already, as it was typed. */
function isSaid(line, messages) {
  const row = line.closest("[data-row]");
  row?.settle();
  const said = row ? all("[data-verdict], [data-name-verdict]", row).map((verdict) => verdict.textContent) : [];
  return messages.every((message) => said.some((text) => text.includes(message)));
}

function unplaced(form, errors) {
  const places = all("[data-error]", form).map((element) => element.dataset.error);
  return Object.keys(errors).filter((name) => name && !places.includes(name)).flatMap((name) => errors[name]);
}

/** A note above the step; the focus goes to `field`, or to the note where the error belongs to no field. */
export function showProblem(step, problem, field) {
  const note = clone(problem.level === "warn" ? "notice" : "problem");
  const { title, text, remedy, cli } = problem;
  fill(note, { title, text, remedy, cli, code: problem.code || "none", request_id: problem.request_id || "none" });
  find("[data-part=aws]", note).hidden = !problem.code && !problem.request_id;
  find("[data-part=cli]", note).hidden = !cli;
  if (problem.signIn) find("p[data-slot=remedy]", note).append(" ", newTab(problem.signIn, "Sign in in a new tab"));
  if (problem.step_up) find("p[data-slot=remedy]", note).append(" ", newTab(problem.step_up, `${title} in a new tab`));
  find("[data-messages]", step).replaceChildren(note);
  const target = isReachable(field) ? field : note;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest" });
  announce(`${title}. ${text ?? ""}`);
}

const isReachable = (field) => field && !field.disabled && field.offsetParent !== null;

function newTab(href, textContent) {
  const link = document.createElement("a");
  Object.assign(link, { href, target: "_blank", rel: "noopener", textContent });
  return link;
}

/** To the place of a syntax error in the document, or in a pasted text; line and column count from 1, the column in characters. */
export function placeCursor(form, { line, column }) {
  const field = form.elements.document ?? form.elements.pasted;
  if (!field) return;
  const lines = field.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const within = [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  field.focus();
  field.setSelectionRange(before + within, before + within);
}
