// A file for the import: chosen or dropped, read into the page's text field, and never sent as a file.

import { all, find } from "./dom.js";

/** @param {HTMLFormElement} form @param {number} maxBytes @param {(problem: object) => void} fail */
export function startFile(form, maxBytes, fail) {
  for (const row of all("[data-pasted]", form)) {
    const text = find("[data-value]", row);
    const input = find("[data-file]", row);
    const take = (file) => file && read(file, text, maxBytes, fail);
    input.addEventListener("change", async () => { await take(input.files[0]); input.value = ""; });
    // Dropped elsewhere, a file would be opened in place of the page.
    form.addEventListener("dragover", (event) => { if (hasFile(event)) event.preventDefault(); });
    form.addEventListener("drop", (event) => { if (hasFile(event)) { event.preventDefault(); take(event.dataTransfer.files[0]); } });
  }
}

const hasFile = (event) => event.dataTransfer.types.includes("Files");

async function read(file, text, maxBytes, fail) {
  try {
    if (file.size > maxBytes) throw new RangeError(`It is longer than ${maxBytes.toLocaleString("en")} bytes, the most that a secret takes.`);
    text.value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  } catch (error) {
    const why = error instanceof RangeError ? error.message : error instanceof TypeError ? "It is not text in UTF-8." : "The browser could not read it.";
    fail({ title: "The file was not taken", text: why });
  }
}
