// The edit form with a script: edit, review, save, all in one page. What was typed lives in its fields alone and leaves by fetch.

import { all, announce, clone, find } from "./dom.js";
import { showConflict } from "./conflict_step.js";
import { clearErrors, placeCursor, showErrors, showProblem } from "./messages.js";
import { showReview, showVerdict } from "./review_step.js";
import { send } from "./send.js";
import { startNewRows } from "./new_rows.js";
import { startFile } from "./paste_file.js";
import { isTouched, readRules, rowsOf, startRow } from "./value_row.js";

/** @param {HTMLFormElement} form */
export function startEdit(form) {
  new EditForm(form).start();
}

class EditForm {
  constructor(form) {
    this.form = form;
    this.step = "edit";
    this.steps = { edit: find("[data-step=edit]", form) };
    this.title = document.title;
  }

  start() {
    const { form } = this;
    form.noValidate = true; // each step asks for its own fields
    history.scrollRestoration = "manual"; // each step begins at its top
    this.addStep("review");
    if (find("#conflict-step")) this.startConflict();
    const rules = readRules(form);
    startNewRows(form, (row) => startRow(row, rules));
    rowsOf(form).forEach((row) => startRow(row, rules));
    startFile(form, rules.maxBytes, (problem) => showProblem(this.steps.edit, problem));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    form.addEventListener("keydown", (event) => this.onKey(event));
    all("[data-back]", form).forEach((button) => button.addEventListener("click", () => this.show("edit")));
    addEventListener("popstate", () => { if (this.step !== "edit") this.show("edit"); });
    this.guard();
  }

  /** Of one secret; with several, the result of each is told, and the next review starts from what is there then. */
  startConflict() {
    this.addStep("conflict");
    find("[data-rebase]", this.form).addEventListener("click", () => this.applyOnTop());
    find("[data-take-base]", this.form).addEventListener("click", () => this.takeTheirs());
  }

  /** Nothing typed is lost by accident, and nothing typed stays behind: the back-forward cache gets an empty form. */
  guard() {
    addEventListener("beforeunload", (event) => { if (this.isTouched()) event.preventDefault(); });
    addEventListener("pagehide", () => this.clear());
    addEventListener("pageshow", (event) => { if (event.persisted) { this.clear(); this.show("edit"); } });
  }

  addStep(name) {
    const step = this.steps[name] = clone(`${name}-step`);
    step.hidden = true;
    this.form.append(step);
  }

  /** Enter alone makes a line break in a value; with Ctrl or Command it goes to the review. */
  onKey(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || this.step !== "edit") return;
    event.preventDefault();
    this.submit();
  }

  async submit() {
    if (this.isBusy) return;
    if (this.step === "edit") await this.run("review");
    else if (this.step === "review" && this.isAnswered()) await this.run("save");
  }

  async run(step) {
    clearErrors(this.form);
    this.setBusy(true);
    const answer = await send(this.form, step);
    this.setBusy(false);
    this[answer.kind](answer);
  }

  /** The fields that the audit log asks for; the browser points at the first that is missing. */
  isAnswered() {
    return all("input", this.steps.review).every((input) => input.reportValidity());
  }

  reviewed(review) {
    for (const [name, value] of Object.entries(review.fields ?? {})) this.form.elements[name].value = value;
    showReview(this.steps.review, review, { trim: (row) => this.trim(row), tryIt: (row, line) => this.tryIt(row, line) });
    this.show("review");
    announce(`${find("h2", this.steps.review).textContent}. Nothing has been written yet.`);
  }

  saved({ url }) {
    this.clear();
    location.replace(url);
  }

  invalid({ errors }) {
    const isOfReview = (name) => name === "take" || all("[data-error]", this.steps.review).some((line) => line.dataset.error === name);
    if (!Object.keys(errors).some(isOfReview)) this.show("edit");
    showErrors(this.form, this.steps[this.step], errors);
  }

  conflict(answer) {
    this.answer = answer;
    showConflict(this.steps.conflict, answer);
    this.show("conflict");
    announce(`${answer.problem.title}. Nothing of yours was written.`);
  }

  failed({ problem }) {
    const row = problem.key && this.rowOf(problem.key);
    if (row || problem.step) this.show("edit");
    const field = row ? find("[data-value]", row) : this.form.elements[problem.key];
    showProblem(this.steps[this.step], problem, field);
    if (problem.line) placeCursor(this.form, problem);
  }

  async applyOnTop() {
    this.rebase();
    await this.run("review");
  }

  takeTheirs() {
    this.rebase();
    this.show("edit");
    showProblem(this.steps.edit, {
      level: "warn",
      title: "The form starts from their version now",
      text: "What you typed is still here. Blank keeps their value; the states beside the keys are still those of when you began.",
    });
  }

  /** From here on the edit starts from their version, under an idempotency key of its own. */
  rebase() {
    const { conflict, once } = this.answer;
    this.form.elements.base.value = conflict.current;
    this.form.elements.once.value = once;
    all("[data-base]", this.form).forEach((shown) => { shown.textContent = conflict.short; });
  }

  /** By the names of its fields: a page in UTF-8 cannot hold every key's name. */
  async trim(row) {
    this.form.elements[`${row}-value`].closest("[data-row]").trim();
    await this.run("review");
  }

  /** Has one typed value tried where it was given out; nothing is saved. */
  async tryIt(row, line) {
    if (this.isBusy) return;
    clearErrors(this.form);
    this.setBusy(true);
    const answer = await send(this.form, "try", row);
    this.setBusy(false);
    if (answer.kind !== "tried") return this[answer.kind](answer);
    showVerdict(line, answer);
    announce(`${answer.text}. ${answer.hint}`);
  }

  rowOf(key) {
    return rowsOf(this.form).find((row) => keyOf(row) === key);
  }

  show(step) {
    const isNews = step !== this.step;
    this.step = step;
    for (const [name, element] of Object.entries(this.steps)) element.hidden = name !== step;
    const heading = find("h1", this.steps[step]);
    document.title = step === "edit" ? this.title : `${heading.textContent} · ${this.title}`;
    if (isNews) {
      this.rememberStep(step);
      scrollTo(0, 0);
      heading.focus({ preventScroll: true });
    }
  }

  /** Back in the browser leads from a review to the form, not away from what was typed. */
  rememberStep(step) {
    if (step !== "edit" && !history.state?.step) history.pushState({ step: "after edit" }, "");
    else if (step === "edit" && history.state?.step) history.back();
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.form.setAttribute("aria-busy", String(isBusy));
    for (const button of all("button", this.steps[this.step])) {
      button.disabled = isBusy;
      if (!button.dataset.busy) continue;
      button.dataset.rest ??= button.textContent;
      button.textContent = isBusy ? button.dataset.busy : button.dataset.rest;
    }
    if (isBusy) announce("One moment.");
  }

  isTouched() {
    return rowsOf(this.form).some(isTouched);
  }

  clear() {
    for (const row of rowsOf(this.form)) row.clear();
    for (const input of all("input", this.steps.review)) input.value = "";
    clearErrors(this.form);
  }
}

const keyOf = (row) => row.dataset.key ?? find("[data-name-field]", row)?.value.trim();
