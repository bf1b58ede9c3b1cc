// Sends the edit form by fetch and returns its answer as one of a few kinds. Whatever happens, what was typed stays in the page.

import { all, find } from "./dom.js";
import { isTouched, rowsOf } from "./value_row.js";

/**
 * @param {HTMLFormElement} form
 * @param {"review" | "save" | "try"} step
 * @param {string} row what the names of a row's fields begin with, to try its value
 * @returns {Promise<{kind: "reviewed" | "tried" | "saved" | "invalid" | "conflict" | "failed", status?: number, [more: string]: unknown}>}
 */
export async function send(form, step, row = "") {
  if (form.dataset.isStale && !(await renewToken(form))) return signedOut(form);
  const answer = await post(form, step, row);
  if (answer.problem?.error === "ForeignForm" && (await renewToken(form))) return post(form, step, row);
  return answer;
}

/** The page's own address; what it is about may stand in its query. */
const here = () => location.pathname + location.search;

async function post(form, step, row) {
  const body = touchedFields(form);
  body.set("step", step);
  if (row) body.set("row", row);
  let response;
  try {
    response = await fetch(here(), { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual", cache: "no-store" });
  } catch {
    return failed({ title: "The console cannot be reached", text: "It is not known whether the form arrived. What you typed is still in this page.", remedy: "Look at the network, then send it again: the same form is never saved twice." });
  }
  if (response.type === "opaqueredirect") return signedOut(form); // only the way to the sign-in page is a redirect
  return read(form, response);
}

/** Rows in which nothing is asked for stay behind, so that a secret may hold any number of keys. */
function touchedFields(form) {
  const body = new FormData(form);
  for (const row of rowsOf(form)) {
    if (!isTouched(row)) for (const field of all("[name]", row)) body.delete(field.name);
  }
  if (find("[data-pasted]", form)) for (const list of ["take", "remove"]) body.set(list, ticked(form, list));
  return body;
}

/** The places of the rows that were chosen in the review of an import, as one field. */
const ticked = (form, list) => all(`[data-list=${list}]:checked`, form).map((box) => box.value).join(",");

async function read(form, response) {
  let answer;
  try {
    answer = await response.json();
  } catch {
    return failed({ title: "The console gave no readable answer", text: `Its status was ${response.status}. What you typed is still in this page.`, remedy: "Send it again in a moment: the same form is never saved twice." });
  }
  if (response.status === 401) return signedOut(form, answer.problem);
  if (answer.review) return { kind: "reviewed", ...answer.review };
  if (answer.verdict) return { kind: "tried", ...answer.verdict };
  if (answer.saved) return { kind: "saved", url: answer.saved };
  if (answer.errors) return { kind: "invalid", errors: answer.errors };
  if (answer.conflict) return { kind: "conflict", ...answer };
  return failed(answer.problem ?? { title: "The console gave no readable answer" });
}

const failed = (problem) => ({ kind: "failed", problem });

function signedOut(form, problem) {
  form.dataset.isStale = "yes"; // signing in changes the form's token
  return failed({
    title: "You are signed out",
    text: "Nothing was done. What you typed is still in this page.",
    ...problem,
    remedy: "Sign in again in another tab, then send it once more from here.",
    signIn: form.dataset.signIn,
  });
}

/** Takes the CSRF token of today's session out of a fresh copy of this page. False when nobody is signed in. */
async function renewToken(form) {
  try {
    const page = await fetch(here(), { headers: { Accept: "text/html" }, redirect: "manual", cache: "no-store" });
    const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(await page.text())?.[1];
    if (!page.ok || !token) return false;
    find("[name=csrfmiddlewaretoken]", form).value = token;
    delete form.dataset.isStale;
    return true;
  } catch {
    return false;
  }
}
