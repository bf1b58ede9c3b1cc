// A conflict: what each key was when one began, what somebody else made of it, and what one was about to save. All masked.

import { clone, exactTime, fill, find, state } from "./dom.js";

export function showConflict(step, { conflict, problem }) {
  const isDocument = "document" in step.closest("form").elements;
  const overlapping = conflict.rows.filter((row) => row.overlaps).map((row) => row.key);
  fill(step, {
    title: problem.title,
    text: problem.text,
    who: [conflict.by ? `by ${conflict.by}, in this console` : "outside this console", conflict.when && `at ${exactTime(conflict.when)}`].filter(Boolean).join(", "),
    summary: count(conflict.rows.length),
    advice: isDocument ? WHOLE : advice(conflict, overlapping),
  });
  find("[data-rows]", step).replaceChildren(...conflict.rows.map(draw));
  find("[data-rebase]", step).hidden = !conflict.can_apply;
}

function draw(row) {
  const line = fill(clone("conflict-row"), { key: row.key, base: row.base, theirs: row.theirs, yours: row.yours === row.base && !row.overlaps ? "as you found it" : row.yours });
  line.classList.toggle("overlap", row.overlaps);
  find("[data-slot=state]", line).replaceWith(who(row));
  return line;
}

function who(row) {
  if (row.overlaps) return state("warn", "Both");
  return row.theirs !== row.base ? state("mute", "Them") : state("ok", "You");
}

const count = (number) => (number === 1 ? "1 key differs" : `${number} keys differ`);

const WHOLE = "A whole document replaces theirs, the keys that they changed included. Take over what you want to keep of it, then go on.";

function advice(conflict, overlapping) {
  if (conflict.can_apply) return "You and they changed different keys, so both changes fit together. You review it once more before it is saved.";
  return `Both of you changed ${overlapping.join(", ")}. If you go on, your value replaces theirs there; blank keeps theirs.`;
}
