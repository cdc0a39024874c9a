// Review: Enter confirms the field and goes to the next one that waits; the picture follows, focus does not.
import { showBox } from "./viewer.js";
import { worded } from "./wording.js";

const review = (event) => event.target.closest?.("[data-review]");

// Listens on the document, because the form may come later, when the machine has finished.
export function prepareReview() {
  document.addEventListener("keydown", onEnter);
  document.addEventListener("keydown", onGround);
  document.addEventListener("focusin", (event) => {
    if (review(event)) showBox(event.target.closest(".field")?.dataset.field || "");
  });
  document.addEventListener("change", (event) => {
    if (review(event)) mark(event.target.closest(".field"), review(event));
  });
  document.addEventListener("input", (event) => {
    if (review(event)) untick(event.target);
  });
  const form = document.querySelector("[data-review]");
  if (!form) return;
  for (const field of form.querySelectorAll(".field")) mark(field, form);
  if (!document.querySelector("[data-focus]")) waiting(form)[0]?.querySelector("input").focus();
}

function onEnter(event) {
  const form = review(event);
  const field = form && event.target.closest(".field");
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || event.ctrlKey || !field) return;
  event.preventDefault();
  const all = [...form.querySelectorAll(".field")];
  if (event.shiftKey) {
    all[all.indexOf(field) - 1]?.querySelector("input").focus();
    return;
  }
  const tick = field.querySelector("[type=checkbox]");
  if (tick) tick.checked = true;
  mark(field, form);
  const next = waiting(form)[0];
  (next ? next.querySelector("input") : form.querySelector("[name=original_pages]")).focus();
}

// A value changed after it was confirmed is to be confirmed again.
function untick(input) {
  const tick = input.type === "checkbox" ? null : input.closest(".field")?.querySelector("[type=checkbox]");
  if (tick?.checked) {
    tick.checked = false;
    mark(tick.closest(".field"), tick.form);
  }
}

function waiting(form) {
  return [...form.querySelectorAll(".field.doubtful")].filter((field) => !field.querySelector("[type=checkbox]").checked);
}

function mark(field, form) {
  field?.classList.toggle("ok", Boolean(field.querySelector("[type=checkbox]:checked")));
  const line = form.querySelector("[data-left]");
  const left = waiting(form).length;
  const told = left ? worded("paper.script.fields_waiting", { count: left }) : worded("paper.script.all_confirmed");
  if (line) line.firstChild.textContent = `${told} `;
}

// Enter in the six grounds says "does not apply" and goes on.
function onGround(event) {
  const checks = event.target.closest?.("[data-checks]");
  if (!checks || event.key !== "Enter" || event.isComposing || event.ctrlKey) return;
  if (!event.target.matches("[type=radio],[type=checkbox]")) return;
  event.preventDefault();
  const steps = [...checks.querySelectorAll("fieldset,label.tick:not(fieldset label)")];
  const at = steps.findIndex((step) => step.contains(event.target));
  if (event.target.type === "checkbox") event.target.checked = true;
  else if (!steps[at].querySelector(":checked")) steps[at].querySelector("[value=applies-not]").checked = true;
  const next = steps[at + (event.shiftKey ? -1 : 1)];
  (next ? next.querySelector("input") : checks.querySelector("[data-main]"))?.focus();
}
