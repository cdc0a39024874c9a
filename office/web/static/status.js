// The status line at the foot: what happened last stays there; nothing pops up.
import { worded } from "./wording.js";

export function say(words) {
  const line = document.querySelector("[data-status]");
  if (line) line.textContent = `${clock()} ${words}`;
}

export function clock() {
  return new Date().toLocaleTimeString(worded("script.locale"), { hour: "2-digit", minute: "2-digit" });
}
