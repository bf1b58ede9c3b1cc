// The review: which keys change, masked before and after, and what is to be said about each.

import { clone, fill, find, state } from "./dom.js";
import { BLANKS } from "./key_rules.js";

/** @param {(key: string) => void} trim */
export function showReview(step, review, trim) {
  fill(step, { summary: review.summary });
  find("[data-rows]", step).replaceChildren(...review.rows.map((row) => draw(row, trim)));
  const wrong = review.rows.filter((row) => row.level === "bad" && row.problems.length);
  find("[data-save]", step).disabled = wrong.length > 0;
  find("[data-cannot-save]", step).hidden = !wrong.length;
}

function draw(row, trim) {
  const line = fill(clone("review-row"), { key: row.key, before: row.before, after: row.after });
  find("[data-slot=state]", line).replaceWith(state(row.level, row.check));
  const button = find("[data-trim]", line);
  button.hidden = !row.problems.some((code) => BLANKS.includes(code));
  button.addEventListener("click", () => trim(row.key));
  return line;
}
