// The review: which keys change, masked before and after, and what is to be said about each.

import { all, clone, fill, find, state } from "./dom.js";
import { BLANKS } from "./key_rules.js";

/** @param {(row: string) => void} trim takes what the names of a row's fields begin with */
export function showReview(step, review, trim) {
  fill(step, { summary: review.summary });
  const earlier = new Map(all("[data-box]", step).map((box) => [box.dataset.box, box.checked]));
  find("[data-rows]", step).replaceChildren(...review.rows.map((row) => draw(row, trim, earlier)));
}

function draw(row, trim, earlier) {
  const line = fill(clone("review-row"), { key: row.key, kind: row.state, before: row.before, after: row.after });
  find("[data-slot=state]", line).replaceWith(state(row.level, row.check));
  const button = find("[data-trim]", line);
  button.hidden = !row.row || !row.problems.some((code) => BLANKS.includes(code));
  button.addEventListener("click", () => trim(row.row));
  for (const list of ["take", "remove"]) offer(find(`[data-list=${list}]`, line), list, row, earlier);
  return line;
}

/** A box where the row may be chosen: what was ticked in an earlier review of the same key stays so. */
function offer(box, list, row, earlier) {
  const place = row[list] ?? null;
  box.closest("[data-choice]").hidden = place === null;
  if (place === null) return box.remove();
  box.value = String(place);
  box.dataset.box = `${list} ${row.key}`;
  box.checked = earlier.get(box.dataset.box) ?? (list === "take" && row.is_chosen);
  box.setAttribute("aria-label", `${list === "take" ? "Import" : "Remove"} ${row.key}`);
}
