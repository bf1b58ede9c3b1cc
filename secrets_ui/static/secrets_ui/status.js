// Refreshes the status page quietly: a fresh copy is fetched as a document, and replaces the old one only where it differs.
// A page that cannot be refreshed says so at once: an old "healthy" on a wall is worse than none.

import { all, find, whenReleased } from "./dom.js";

const lost = find("[data-lost]");
let board = find("[data-board]");
let told = board.cloneNode(true); // as the server sent it: a wall leaves out what does not fit
let lastHeard = Date.now();
let timer = 0;

/** A document of this very page. XMLHttpRequest parses it; no text becomes markup in this one, and no script of it runs. */
function fetchPage() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = 10000;
    // The refreshing of a page that lies open is no use of it: the session still ends where nobody is there. A wall is meant to be left alone.
    if (!("wall" in board.dataset)) request.setRequestHeader("X-Quiet-Refresh", "1");
    request.onload = () => (request.status === 200 && request.response ? resolve(request.response) : reject(new Error(`status ${request.status}`)));
    request.onerror = request.ontimeout = () => reject(new Error("no answer"));
    request.send();
  });
}

async function refresh() {
  // What somebody is typing stays.
  if (document.hidden || find(".confirm[open]", board)) return plan();
  try {
    const fresh = (await fetchPage()).querySelector("[data-board]");
    if (!fresh) return showLost("You are signed out, so this page shows the past. Sign in again.");
    whenReleased(() => show(fresh));
    lastHeard = Date.now();
    lost.hidden = true;
    document.body.classList.remove("is-lost");
  } catch {
    showLost(`This console has not answered since ${new Date(lastHeard).toISOString().slice(11, 16)} UTC: what stands here is the past.`);
  }
  plan();
}

function show(fresh) {
  if (fresh.isEqualNode(told)) return;
  told = fresh.cloneNode(true);
  const open = all("details[open]", board).map((details) => details.id);
  const focused = board.contains(document.activeElement) ? document.activeElement : null;
  const target = focused ? { href: focused.getAttribute("href"), id: focused.closest("[id]")?.id } : null;
  fresh = document.importNode(fresh, true);
  for (const details of all("details", fresh)) if (open.includes(details.id)) details.open = true;
  board.replaceWith(fresh);
  board = fresh;
  fit();
  document.title = document.title.replace(/^.* · /, `${find("h1", board).textContent} · `);
  if (target) focusAgain(target);
}

/** A wall shows whole causes, as many as its height holds, and says how many there are besides; nobody scrolls a wall. */
function fit() {
  const more = find("[data-more]", board);
  if (!more) return;
  const rows = all(".trouble", board);
  const showFirst = (count) => {
    const left = rows.length - count + Number(more.dataset.more);
    rows.forEach((row, index) => { row.hidden = index >= count; });
    more.textContent = `+${left} more`;
    more.parentElement.hidden = left === 0;
  };
  let count = rows.length;
  do showFirst(count); while (document.documentElement.scrollHeight > innerHeight && (count -= 1) > 0);
}

function focusAgain({ href, id }) {
  const same = href ? all("a", board).find((link) => link.getAttribute("href") === href) : null;
  (same ?? (id && document.getElementById(id)?.querySelector("summary")))?.focus({ preventScroll: true });
}

function showLost(text) {
  find("[data-lost-text]").textContent = text;
  lost.hidden = false;
  document.body.classList.add("is-lost");
  plan();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(refresh, Number(board.dataset.refresh) * 1000);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
addEventListener("resize", fit);
addEventListener("beforeprint", () => all("details", board).forEach((details) => { details.open = true; }));
fit();
plan();
