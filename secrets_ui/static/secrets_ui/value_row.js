// One row of the edit form: hides what is typed, grows with it, and says as one types whether it can be right.

import { all, find, state, whenReleased } from "./dom.js";
import { BLANKS, checkName, checkValue, compilePatterns, readFormats, readNames, readOddities, strip, verdictOn } from "./key_rules.js";
import { clearMarks } from "./messages.js";

const LEVELS = { error: "bad", warning: "warn" };

/** What the form carries for all rows: data-rules, data-placeholders for keys that the catalogue does not know, and the list of those that it knows. */
export function readRules(form) {
  const { rules, placeholders } = form.dataset;
  const { formats, oddities, names, format_of_unknown: unknown, max_bytes: maxBytes, generated_characters: generated } = JSON.parse(rules);
  const catalogue = all("#catalogue-keys option", form).map((option) => option.value);
  return { formats: readFormats(formats), oddities: readOddities(oddities), names: readNames(names, catalogue), unknown, maxBytes, generated, placeholders };
}

/** Gives a row its behaviour, by the rules that readRules gave. */
export function startRow(row, common) {
  const value = find("[data-value]", row);
  const rules = {
    ...common,
    format: common.formats[row.dataset.format ?? common.unknown],
    minLength: Number(row.dataset.minLength),
    placeholders: compilePatterns(row.dataset.placeholders ?? common.placeholders),
  };
  hide(row, value);
  let waiting = 0;
  const judge = () => {
    show(row, verdictOf(row, value.value, rules));
    judgeName(row, rules);
  };
  row.addEventListener("input", () => {
    clearMarks(row);
    settle(row, value);
    clearTimeout(waiting);
    waiting = setTimeout(() => whenReleased(judge), 250); // a pause in the typing, so that a screen reader does not speak at every key
  });
  find("[data-show]", row).addEventListener("click", () => hide(row, value, !value.classList.contains("masked")));
  row.settle = () => { settle(row, value); judge(); };
  row.trim = () => { value.value = strip(value.value); row.settle(); };
  row.clear = () => clear(row, value);
  row.settle();
}

export const isTouched = (row) => Boolean(find("[data-value]", row).value || find("[data-name-field]", row)?.value) || chosen(row) !== "set";

const chosen = (row) => find("[data-action]", row)?.value ?? "set";

function clear(row, value) {
  for (const select of all("select", row)) select.selectedIndex = 0;
  for (const field of [value, find("[data-name-field]", row)]) if (field) field.value = "";
  hide(row, value);
  row.settle();
}

function hide(row, value, isHidden = true) {
  const button = find("[data-show]", row);
  value.classList.toggle("masked", isHidden);
  button.setAttribute("aria-pressed", String(!isHidden));
  button.firstChild.data = isHidden ? "Show" : "Hide";
}

/** What the chosen action and the text ask of the row's other parts. A value typed before another action was chosen is kept, unsent. */
function settle(row, value) {
  const isSet = chosen(row) === "set";
  value.disabled = !isSet;
  find("[data-show]", row).hidden = value.hidden = !isSet;
  row.classList.toggle("changed", isTouched(row));
  const newline = find("[data-newline]", row);
  if (newline) newline.hidden = !(isSet && value.value.includes("\n"));
  if (!CSS.supports("field-sizing", "content")) grow(value);
}

function grow(value) {
  value.style.height = "auto";
  if (value.value) value.style.height = `${value.scrollHeight + 2}px`;
}

/** Of a key that is not there yet: what the server will say of its name. */
function judgeName(row, rules) {
  const line = find("[data-name-verdict]", row);
  if (!line) return;
  const name = find("[data-name-field]", row).value;
  const [worst] = name === "" ? [] : checkName(name, rules.names);
  line.replaceChildren(...(worst ? [state(LEVELS[worst.level], sentence(worst.text))] : []));
}

function verdictOf(row, text, rules) {
  if ("document" in row.dataset) return judgeDocument(text, rules);
  if ("pasted" in row.dataset) return judgePasted(text, rules);
  return judgeValue(text, rules, chosen(row));
}

function judgeValue(text, rules, action) {
  if (action === "generate") return { level: "ok", text: `A random token of ${rules.generated} characters is made on the server while saving; this page never has it.` };
  if (action === "remove") return { level: "warn", text: "The key will be removed." };
  if (action === "empty") return { level: "warn", text: "The value will be an empty text." };
  if (text === "") return null;
  const problems = [...tooLong(text, rules), ...checkValue(text, rules)];
  const worst = problems.find((problem) => problem.level === "error") ?? problems[0];
  const canTrim = problems.some((problem) => BLANKS.includes(problem.code));
  if (!worst) return { level: "ok", text: verdictOn(text, rules.format) };
  return { level: LEVELS[worst.level], text: sentence(worst.text), canTrim };
}

/** The keys of an import are judged in its review. */
function judgePasted(text, rules) {
  const [long] = tooLong(text, rules);
  return long ? { level: "bad", text: sentence(long.text) } : null;
}

function judgeDocument(text, rules) {
  if (text === "") return null;
  const long = judgePasted(text, rules);
  if (long) return long;
  try {
    const document = JSON.parse(text);
    const isObject = document !== null && typeof document === "object" && !Array.isArray(document);
    return isObject ? { level: "ok", text: `A JSON object of ${Object.keys(document).length} keys` } : { level: "warn", text: "JSON, but not an object" };
  } catch (error) {
    const position = /line \d+ column \d+/.exec(error.message)?.[0] ?? ""; // the rest of the message repeats the document
    return { level: "warn", text: `Not JSON${position && `, at ${position}`}` };
  }
}

function tooLong(text, { maxBytes }) {
  if (new TextEncoder().encode(text).length <= maxBytes) return [];
  return [{ level: "error", code: "too_long", text: `is longer than ${maxBytes.toLocaleString("en")} bytes, the most that a secret takes` }];
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);

function show(row, verdict) {
  const line = find("[data-verdict]", row);
  line.replaceChildren();
  if (!verdict) return;
  line.append(state(verdict.level, verdict.text));
  if (verdict.canTrim) line.append(trimButton(row));
}

function trimButton(row) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn quiet", textContent: "Trim it" });
  button.addEventListener("click", () => { row.trim(); find("[data-value]", row).focus(); });
  return button;
}

/** Rows in the order of the page. */
export const rowsOf = (form) => all("[data-row]", form);
