// The status line at the foot: what happened last stays there; nothing pops up.
export function say(words) {
  const line = document.querySelector("[data-status]");
  if (line) line.textContent = `${clock()} ${words}`;
}

export function clock() {
  return new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });
}
