// The review: which keys change, masked before and after, and what is to be said about each.

import { all, clone, fill, find, state } from "./dom.js";
import { BLANKS } from "./key_rules.js";

/**
 * @param {{trim: (row: string) => void, tryIt: (row: string, line: Element) => void}} acts each takes what the names of a row's
 *   fields begin with
 */
export function showReview(step, review, acts) {
  fill(step, { summary: review.summary });
  const earlier = new Map(all("[data-box]", step).map((box) => [box.dataset.box, box.checked]));
  find("[data-rows]", step).replaceChildren(...review.rows.map((row) => draw(row, acts, earlier)));
}

function draw(row, acts, earlier) {
  const line = fill(clone("review-row"), { key: row.key, kind: row.state, before: row.before, after: row.after });
  find("[data-slot=before]", line).classList.toggle("old", row.drops);
  find("[data-slot=after]", line).classList.toggle("new", row.adds);
  find("[data-slot=state]", line).replaceWith(state(row.level, row.check));
  const button = find("[data-trim]", line);
  button.hidden = !row.row || !row.problems.some((code) => BLANKS.includes(code));
  button.addEventListener("click", () => acts.trim(row.row));
  find("[data-trial]", line).hidden = !row.row || !row.can_be_tried;
  const tryIt = find("[data-try]", line);
  tryIt.setAttribute("aria-label", `Try it: ${row.key}`);
  tryIt.addEventListener("click", () => acts.tryIt(row.row, line));
  for (const list of ["take", "remove"]) offer(find(`[data-list=${list}]`, line), list, row, earlier);
  return line;
}

/** What whoever gave a typed value out says of it. */
export function showVerdict(line, { level, text, hint }) {
  const shown = state(level, text);
  shown.dataset.verdict = "";
  find("[data-verdict]", line).replaceWith(shown);
  fill(line, { hint });
  find("[data-try]", line).focus(); // it was disabled meanwhile
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
