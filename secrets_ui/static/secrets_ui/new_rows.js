// Rows for new keys: made one at a time from a template, instead of the blank ones that a page without a script has.

import { all, clone, find } from "./dom.js";

const NAMED = ["id", "name", "for", "aria-describedby", "aria-controls", "data-error"];

/** @param {(row: HTMLElement) => void} start gives a row its behaviour */
export function startNewRows(form, start) {
  const rows = find("[data-new-rows]", form);
  if (!rows) return;
  const total = form.elements["form-TOTAL_FORMS"];
  total.value = String(Number(total.value) - rows.children.length);
  rows.replaceChildren();
  find("[data-add-key]", form).addEventListener("click", () => {
    const row = number(clone("new-row"), total.value);
    total.value = String(Number(total.value) + 1);
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
