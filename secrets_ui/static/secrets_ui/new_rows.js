// Rows for new keys: made one at a time from a template, instead of the blank ones that a page without a script has.

import { all, clone, find } from "./dom.js";

const NAMED = ["id", "name", "for", "aria-describedby", "aria-controls", "data-error"];

/** @param {(row: HTMLElement) => void} start gives a row its behaviour */
export function startNewRows(form, start) {
  const rows = find("[data-new-rows]", form);
  if (!rows) return;
  let next = Number(rows.dataset.next);
  rows.replaceChildren();
  find("[data-add-key]", form).addEventListener("click", () => {
    const row = number(clone("new-row"), String(next));
    next += 1;
    rows.append(row);
    find("[data-no-new-rows]", form).hidden = true;
    start(row);
    find("[data-name-field]", row).focus();
  });
}

function number(row, index) {
  for (const element of [row, ...all("*", row)]) {
    for (const name of NAMED) {
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replaceAll("__prefix__", index));
    }
  }
  return row;
}
