// One table of keys: it binds them, and F1 prints it. No letters, no digits, no Ctrl+Shift: Telex, VNI and
// input-method switches own those.
import { formInWork } from "./forms.js";
import { nextPage, rescan, toggleZoom } from "./viewer.js";
import { say } from "./status.js";
import { worded } from "./wording.js";

const KEYS = [
  { keys: "F1", does: "script.key.F1", run: showKeys },
  { keys: "F2", does: "script.key.F2", run: () => follow('a[data-key="F2"]') },
  { keys: "F4", does: "script.key.F4", run: toggleZoom },
  { keys: "F8", does: "script.key.F8", run: () => press('[data-key="F8"]') },
  { keys: "Shift+F8", does: "script.key.Shift_F8", run: rescan },
  { keys: "F9", does: "script.key.F9", run: mainAct },
  { keys: "Ctrl+Enter", does: "script.key.Ctrl_Enter", run: mainAct },
  { keys: "Alt+PageDown", does: "script.key.Alt_PageDown", run: () => nextPage(1) },
  { keys: "Alt+PageUp", does: "script.key.Alt_PageUp", run: () => nextPage(-1) },
  { keys: "Escape", shown: "Esc", does: "script.key.Esc", run: () => follow('a[data-key="Esc"]') },
  { keys: "Ctrl+K", does: "script.key.Ctrl_K", run: () => document.getElementById("tim")?.focus() },
];
const ALSO = [
  ["Enter", "script.key.enter"],
  ["Shift+Enter", "script.key.shift_enter"],
  [worded("script.key.arrows"), "script.key.move_corner"],
  [worded("script.key.space_arrows"), "script.key.choose_pages"],
  ["Tab, Enter", "script.key.answer"],
  ["Esc", "script.key.close"],
];
const CARD_DIGITS = 9; // so many digits, each sooner than CARD_MS after the last, are a card reader
const CARD_MS = 35;
const PAUSE_MS = 200;
let digits = 0;
let last = 0;
let wedged = false;

export function listen() {
  document.addEventListener("keydown", onKey, true);
  const help = document.querySelector('button[data-key="F1"]');
  if (help) {
    help.hidden = false;
    help.addEventListener("click", showKeys);
  }
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (isWedge(event)) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const bound = KEYS.find((one) => one.keys === named(event));
  if (!bound || (bound.keys === "Escape" && isOpen("dialog"))) return; // an open list closes by itself
  event.preventDefault();
  if (!event.repeat && !isOpen("dialog")) bound.run();
}

const isOpen = (what) => Boolean(document.querySelector(`${what}[open]`));

function named(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey) parts.push("Shift");
  parts.push(event.key.length === 1 ? event.key.toUpperCase() : event.key);
  return parts.join("+");
}

// A card reader types like a keyboard and ends with Enter: its keys must never press anything.
function isWedge(event) {
  const gap = event.timeStamp - last;
  last = event.timeStamp;
  if (gap > PAUSE_MS) wedged = false;
  if (event.repeat) return wedged;
  digits = /^\d$/.test(event.key) && (gap < CARD_MS || digits === 0) ? digits + 1 : gap < CARD_MS ? digits : 0;
  if (digits >= CARD_DIGITS && !wedged) {
    wedged = true;
    say(worded("script.card_reader"));
  }
  return wedged && (event.key === "Enter" || event.key === " " || /^F\d/.test(event.key));
}

const isVisible = (one) => (one.checkVisibility ? one.checkVisibility() : one.offsetParent !== null);

// The main act of the form in work, and of no other. Where several wait and none is in work, the cursor goes to
// the first, and nothing is done. What cannot be taken back is asked first; this key never answers that.
function mainAct() {
  const question = document.querySelector("[data-question]");
  if (question) {
    question.focus();
    say(worded("script.final"));
    return;
  }
  const waiting = [...document.querySelectorAll("[data-main]")].filter(isVisible);
  const inWork = formInWork();
  const main = inWork || waiting.length < 2 ? waiting.find((one) => !inWork || one.form === inWork) : null;
  if (main) {
    main.form.requestSubmit(main);
    return;
  }
  if (inWork) {
    say(worded("script.no_main_key"));
    return;
  }
  if (waiting.length) {
    firstField(waiting[0].form).focus();
    say(worded("script.several", { count: waiting.length }));
    return;
  }
  if (!follow("[data-next]")) say(worded("script.nothing_left"));
}

const firstField = (form) => [...form.elements].find((one) => one.type !== "hidden" && isVisible(one));

function press(selector) {
  const button = document.querySelector(selector);
  if (button) button.form.requestSubmit(button);
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function showKeys() {
  const dialog = document.createElement("dialog");
  const title = document.createElement("h2");
  title.textContent = worded("script.keys");
  const table = document.createElement("table");
  for (const [keys, does] of [...KEYS.map((one) => [one.shown || one.keys, one.does]), ...ALSO]) {
    const row = table.insertRow();
    const key = document.createElement("kbd");
    key.textContent = keys;
    row.insertCell().append(key);
    row.insertCell().textContent = worded(does);
  }
  const close = document.createElement("button");
  close.textContent = worded("script.close");
  close.addEventListener("click", () => dialog.close());
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  dialog.append(title, table, close);
  document.body.append(dialog);
  dialog.showModal();
}
