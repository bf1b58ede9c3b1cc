// How long the web session still lasts, and the button that extends it. The server decides; this shows, and asks.

import { announce, find, whenReleased } from "./dom.js";

const others = new BroadcastChannel("session"); // a tab that is in use keeps the session of all

/**
 * @param {HTMLElement} left shows the time; data-session: end without use, data-life: end in any case (epoch seconds),
 *   data-warning: seconds before the end at which the note comes to the fore, data-longest: how long a session lasts, in words
 * @param {HTMLFormElement} note
 */
export function startSession(left, note) {
  new Countdown(left, note).start();
}

class Countdown {
  constructor(left, note) {
    Object.assign(this, { left, note, isNear: false, idle: Number(left.dataset.session), life: Number(left.dataset.life), warning: Number(left.dataset.warning) });
  }

  start() {
    others.postMessage({ idle: this.idle, life: this.life });
    others.addEventListener("message", ({ data }) => this.take(data));
    this.note.addEventListener("submit", (event) => { event.preventDefault(); this.stay(); });
    setInterval(() => whenReleased(() => this.show()), 1000);
    new ResizeObserver(() => this.makeRoom()).observe(this.note);
    this.show();
  }

  take({ idle, life }) {
    if (life < this.life) return; // of an earlier session
    this.idle = Math.max(this.idle, idle);
    this.life = life;
    this.show();
  }

  show() {
    const seconds = Math.max(0, Math.floor(Math.min(this.idle, this.life) - Date.now() / 1000));
    const isOver = seconds === 0;
    this.left.textContent = isOver ? "session over" : `${clock(seconds)} left`;
    const isNear = seconds <= this.warning;
    find("[data-session-text]", this.note).textContent = this.words(seconds, isOver);
    find("button", this.note).hidden = isOver || this.isLast();
    this.note.classList.toggle("near", isNear);
    if (isNear && !this.isNear) announce(this.words(seconds, isOver));
    this.isNear = isNear;
  }

  // The note lies over the end of the page: what sticks there, and the end itself, stay above it, however high it is.
  makeRoom() {
    document.documentElement.style.setProperty("--note", `${this.note.offsetHeight}px`);
  }

  words(seconds, isOver) {
    if (isOver) return "Your session has ended. What you typed is still in this page: sign in again in another tab, then go on here.";
    if (this.isLast()) return `Your session ends in ${clock(seconds)}: it has lasted ${this.left.dataset.longest}. Sign in again after that.`;
    return `Without use, your session ends in ${clock(seconds)}.`;
  }

  isLast() {
    return this.life <= this.idle;
  }

  async stay() {
    try {
      const answer = await fetch(this.note.action, { method: "POST", body: new FormData(this.note), headers: { Accept: "application/json" }, redirect: "manual", cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const times = await answer.json();
      this.take(times);
      others.postMessage(times);
      announce("You stay signed in.");
    } catch {
      find("[data-session-text]", this.note).textContent = "It could not be made longer. Sign in again in another tab.";
    }
  }
}

/** 12:05, or 11 h 59 min */
function clock(seconds) {
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
