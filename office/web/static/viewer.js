// The pages beside the form: moved by keys while the cursor stays where it is; what was looked at is ticked.
const SEEN_MS = 1000;
const LOOK_MS = 250;
const BANDS = 10;
const ENOUGH = "enough";
const stood = new Map();
let wanted = "";

const viewer = () => document.querySelector(".viewer");

export function prepareViewer() {
  const frame = viewer();
  if (!frame) return;
  setInterval(() => document.querySelector("[data-seen]") && lookAtPages(), LOOK_MS);
  const asked = frame.querySelector("rect.hit");
  if (asked) addEventListener("load", () => reveal(asked), { once: true });
}

export function nextPage(step) {
  const sheets = [...document.querySelectorAll(".sheet")];
  const frame = viewer();
  if (!sheets.length || !frame) return;
  const top = frame.getBoundingClientRect().top;
  const at = sheets.findIndex((sheet) => sheet.getBoundingClientRect().bottom > top + 40);
  scrollTo(frame, sheets[Math.min(Math.max(at + step, 0), sheets.length - 1)]);
}

export function showBox(name) {
  wanted = name;
  for (const rect of document.querySelectorAll("rect.shown")) rect.classList.remove("shown");
  const rect = name && document.querySelector(`rect[data-box="${CSS.escape(name)}"]`);
  if (!rect) return;
  rect.classList.add("shown");
  rect.previousElementSibling?.classList.add("shown");
  reveal(rect);
}

export function toggleZoom() {
  const frame = viewer();
  if (!frame) return;
  frame.classList.toggle("zoomed");
  if (wanted) showBox(wanted);
}

export function rescan() {
  document.querySelector("[data-rescan] > button")?.focus();
}

// Move only when the box is out of sight, and then as little as needed.
function reveal(rect) {
  const frame = viewer();
  const outer = frame.getBoundingClientRect();
  const inner = rect.getBoundingClientRect();
  if (inner.top < outer.top + 20) frame.scrollTop -= outer.top + 60 - inner.top;
  else if (inner.bottom > outer.bottom - 20) frame.scrollTop += inner.bottom - outer.bottom + 60;
  if (inner.left < outer.left) frame.scrollLeft -= outer.left + 20 - inner.left;
  else if (inner.right > outer.right) frame.scrollLeft += inner.right - outer.right + 20;
}

function scrollTo(frame, sheet) {
  frame.scrollTop += sheet.getBoundingClientRect().top - frame.getBoundingClientRect().top - 8;
}

// A page counts as seen when every band of it has stood in sight for a second.
function lookAtPages() {
  const outer = viewer().getBoundingClientRect();
  const top = Math.max(outer.top, 0);
  const bottom = Math.min(outer.bottom, innerHeight);
  for (const sheet of document.querySelectorAll(".sheet")) {
    const image = sheet.querySelector("img");
    if (!image.complete || !image.naturalWidth) continue;
    const box = image.getBoundingClientRect();
    let seen = true;
    for (let band = 0; band < BANDS; band += 1) {
      const middle = box.top + ((band + 0.5) * box.height) / BANDS;
      seen = hasStood(`${sheet.dataset.page}-${band}`, middle >= top && middle <= bottom) && seen;
    }
    const tick = document.querySelector(`[data-seen-page="${sheet.dataset.page}"]`);
    if (seen && tick) tick.checked = true;
  }
}

function hasStood(band, inSight) {
  const since = stood.get(band);
  if (since === ENOUGH) return true;
  if (!inSight) stood.delete(band);
  else if (since === undefined) stood.set(band, performance.now());
  else if (performance.now() - since >= SEEN_MS) stood.set(band, ENOUGH);
  return stood.get(band) === ENOUGH;
}
