// The review: which keys change, masked before and after, and what is to be said about each.

import { clone, fill, find, state } from "./dom.js";
import { BLANKS } from "./key_rules.js";

/** @param {(row: string) => void} trim takes what the names of a row's fields begin with */
export function showReview(step, review, trim) {
  fill(step, { summary: review.summary });
  find("[data-rows]", step).replaceChildren(...review.rows.map((row) => draw(row, trim)));
}

function draw(row, trim) {
  const line = fill(clone("review-row"), { key: row.key, before: row.before, after: row.after });
  find("[data-slot=state]", line).replaceWith(state(row.level, row.check));
  const button = find("[data-trim]", line);
  button.hidden = !row.row || !row.problems.some((code) => BLANKS.includes(code));
  button.addEventListener("click", () => trim(row.row));
  return line;
}
