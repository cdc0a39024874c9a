// Four corners over a photograph: dragged by pointer or arrow keys, in step with the numbers of the form.
// Without this the numbers alone do it. Corners are asked for as soon as one was moved.
import { say } from "./status.js";
import { worded } from "./wording.js";

const SMALL = 0.2; // % of the picture for one arrow key
const LARGE = 2; // with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let dragged = null;

export function prepareCorners() {
  armCorners(document);
  document.addEventListener("pointerdown", grab);
  document.addEventListener("pointermove", drag);
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => (dragged = null));
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", (event) => {
    const quad = event.target.closest("[data-quad]");
    if (quad && event.target.type !== "checkbox") typed(quad);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-rescan]");
    if (form) nameMainAct(form);
  });
  const asked = document.querySelector("[data-rescan][data-asked]");
  if (asked) nameMainAct(asked);
}

// Handles become reachable by keyboard and get their names; also those that came later.
export function armCorners(root) {
  for (const drawing of root.querySelectorAll("[data-corners]")) {
    drawing.removeAttribute("aria-hidden");
    drawing.setAttribute("role", "group");
    drawing.setAttribute("aria-label", worded("paper.script.corners", { page: drawing.dataset.corners }));
    for (const handle of drawing.querySelectorAll(".handle")) {
      handle.setAttribute("tabindex", "0");
      handle.setAttribute("role", "button");
      named(handle);
    }
  }
}

function named(handle) {
  const [across, down] = placeOf(handle).map(written);
  const name = worded("paper.script.corner", { name: handle.dataset.name.toLowerCase(), across, down });
  handle.setAttribute("aria-label", name);
  return name;
}

const placeOf = (handle) => [parseFloat(handle.getAttribute("x")), parseFloat(handle.getAttribute("y"))];
const written = (percent) => String(Math.round(percent * 100) / 100).replace(".", worded("script.decimal_mark"));
const inside = (percent) => Math.min(Math.max(percent, 0), 100);
const quadOf = (drawing) => document.querySelector(`[data-quad="${drawing.dataset.corners}"]`);

function grab(event) {
  const handle = event.target.closest?.(".handle");
  if (!handle || event.button !== 0) return;
  event.preventDefault();
  handle.focus({ preventScroll: true });
  handle.setPointerCapture(event.pointerId);
  const box = handle.closest("[data-corners]").getBoundingClientRect();
  const [across, down] = placeOf(handle);
  const away = [event.clientX - box.left - (across * box.width) / 100, event.clientY - box.top - (down * box.height) / 100];
  dragged = { handle, away };
}

function drag(event) {
  if (!dragged) return;
  const { handle, away } = dragged;
  const box = handle.closest("[data-corners]").getBoundingClientRect();
  move(handle, ((event.clientX - box.left - away[0]) * 100) / box.width, ((event.clientY - box.top - away[1]) * 100) / box.height);
}

function onKey(event) {
  const handle = event.target.closest?.(".handle");
  if (!handle || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  const way = ARROWS[event.key];
  if (way) {
    event.preventDefault();
    const [across, down] = placeOf(handle);
    const step = event.shiftKey ? LARGE : SMALL;
    move(handle, across + way[0] * step, down + way[1] * step);
    say(named(handle));
  } else if (event.key === "Enter") {
    event.preventDefault();
    next(handle, event.shiftKey ? -1 : 1);
  }
}

// Enter goes to the next corner, after the last to the button; only a button acts.
function next(handle, step) {
  const handles = [...handle.closest("[data-corners]").querySelectorAll(".handle")];
  const then = handles[handles.indexOf(handle) + step];
  (then || quadOf(handle.closest("[data-corners]"))?.form.querySelector("button"))?.focus();
}

function move(handle, across, down) {
  const drawing = handle.closest("[data-corners]");
  const quad = quadOf(drawing);
  if (!quad) return;
  place(handle, inside(across), inside(down));
  const [x, y] = placeOf(handle).map(written);
  write(quad, `corner-${drawing.dataset.corners}-${handle.dataset.place}-across`, x);
  write(quad, `corner-${drawing.dataset.corners}-${handle.dataset.place}-down`, y);
}

function write(quad, name, value) {
  const field = quad.form.elements[name];
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function place(handle, across, down) {
  handle.setAttribute("x", `${across}%`);
  handle.setAttribute("y", `${down}%`);
  named(handle);
  const drawing = handle.closest("[data-corners]");
  const at = handle.dataset.place;
  for (const [end, which] of [["from", 1], ["to", 2]]) {
    for (const line of drawing.querySelectorAll(`[data-${end}="${at}"]`)) {
      line.setAttribute(`x${which}`, `${across}%`);
      line.setAttribute(`y${which}`, `${down}%`);
    }
  }
}

// Numbers changed, by hand or by a handle: the drawing follows, and the corners are asked for.
function typed(quad) {
  const page = quad.dataset.quad;
  const number = (place, side) => parseFloat(quad.form.elements[`corner-${page}-${place}-${side}`].value.replace(",", "."));
  for (const handle of document.querySelectorAll(`[data-corners="${page}"] .handle`)) {
    const [across, down] = ["across", "down"].map((side) => number(handle.dataset.place, side));
    if (Number.isFinite(across) && Number.isFinite(down)) place(handle, inside(across), inside(down));
  }
  quad.form.elements[`cut-${page}`].checked = true;
  nameMainAct(quad.form);
}

// Once corners are asked for, reading again is the page's main act: F9 must not sign the uncut page.
function nameMainAct(form) {
  const again = form.querySelector("button");
  const asked = Boolean(form.querySelector('[name^="cut-"]:checked'));
  if (asked === "main" in again.dataset) return;
  const other = form.parentElement.querySelector(asked ? "button[data-main]" : "button[data-main-before]");
  if (!other) return;
  const [from, to] = asked ? [other, again] : [again, other];
  delete from.dataset.main;
  delete to.dataset.mainBefore;
  if (asked) from.dataset.mainBefore = "";
  to.dataset.main = "";
  from.classList.replace("main", "quiet");
  to.classList.replace("quiet", "main");
  to.append(" ", from.querySelector("kbd"));
}
