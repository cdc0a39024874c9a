// Strips of pages: one batch ticked by one press, arrows go from page to page, Ctrl+arrows move a page.
// The order in which ticked pages stand is the order in which they are received.
import { say } from "./status.js";
import { worded } from "./wording.js";

export function prepareStrips() {
  document.addEventListener("click", chooseBatch);
  document.addEventListener("keydown", onKey);
  document.addEventListener("change", chooseWaiting);
}

// Ticking here keeps what was chosen in the form, a file to upload too; without scripts the server ticks.
function chooseBatch(event) {
  const button = event.target.closest("[data-choose]");
  if (!button) return;
  event.preventDefault();
  const boxes = [...button.closest("[data-strip]").querySelectorAll("input[type=checkbox]")];
  const all = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !all;
  boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  boxes[0]?.dispatchEvent(new Event("input", { bubbles: true }));
}

function chooseWaiting(event) {
  const form = event.target.form;
  if (event.target.name !== "page" || !form) return;
  const source = form.querySelector('[name="source"][value="waiting"]');
  if (source) source.checked = true;
  say(worded("waiting.script.chosen", { count: form.querySelectorAll('[name="page"]:checked').length }));
}

function onKey(event) {
  const box = event.target;
  const strip = box.closest?.("[data-strip]");
  if (!strip || !box.matches("input[type=checkbox]") || event.isComposing || event.altKey || event.shiftKey) return;
  if (event.key === "Delete") {
    takeOut(event, box);
    return;
  }
  const boxes = [...strip.querySelectorAll("input[type=checkbox]")];
  const at = boxes.indexOf(box);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: boxes.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  if (!boxes[to]) return;
  if (event.ctrlKey) move(strip, box, boxes[to], to > at);
  else boxes[to].focus();
}

function move(strip, box, other, isLater) {
  const tile = box.closest(".tile");
  const beside = other.closest(".tile");
  if (isLater) beside.after(tile);
  else beside.before(tile);
  box.focus();
  const form = strip.closest("[data-arrange]");
  if (!form) return;
  form.elements.order.value = [...strip.querySelectorAll('[name="own"]')].map((one) => one.value).join(" ");
  form.querySelector("[data-save-order]").hidden = false;
  say(worded("pages.script.unsaved_order"));
}

function takeOut(event, box) {
  const button = box.form?.querySelector("[data-take-out]");
  if (!button) return;
  event.preventDefault();
  box.checked = true;
  button.form.requestSubmit(button);
}
