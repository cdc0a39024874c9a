// A form goes out once: the second press within a second is ignored, and its button says that it is at work.
const AGAIN_MS = 1000;
const sent = new WeakMap();
const AT_ONCE_MS = 400; // a press so soon after the question appeared was meant for what stood there before
const touched = new WeakSet();
let lastTouched = null;

export function guardForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const before = sent.get(form);
    const isFinal = event.submitter && "final" in event.submitter.dataset;
    if ((before && Date.now() - before < AGAIN_MS) || (isFinal && performance.now() < AT_ONCE_MS)) {
      event.preventDefault();
      return;
    }
    sent.set(form, Date.now());
    if (!("download" in form.dataset)) event.submitter?.setAttribute("aria-busy", "true"); // the page stays
  });
  addEventListener("pageshow", () => {
    for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
  });
  document.addEventListener("input", (event) => {
    if (event.target.form) touched.add((lastTouched = event.target.form));
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter" && event.target.closest?.("[data-final]")) event.preventDefault();
  });
  document.addEventListener("keydown", onEnter);
  document.addEventListener("change", chooseUpload);
  document.getElementById("password")?.addEventListener("keyup", (event) => {
    const hint = document.querySelector("[data-capslock]");
    if (hint) hint.hidden = !event.getModifierState("CapsLock");
  });
}

// The form with the cursor; else the one typed in last; else the one that came back from the server.
export function formInWork() {
  const at = document.activeElement?.form;
  return [at, lastTouched].find(isAct) || document.querySelector("form[data-in-work]");
}

const isAct = (form) => form?.isConnected && form.method === "post" && form.closest("main");

export function isTouched(region) {
  return [...region.querySelectorAll("form")].some((form) => touched.has(form));
}

// Enter in a text field of an act goes to the next field; only a button acts.
function onEnter(event) {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.defaultPrevented) return;
  if (!field.matches("input:not([type=submit],[type=file],[type=search])") || field.form?.method !== "post") return;
  if (["/login", "/check"].includes(new URL(field.form.action).pathname)) return;
  event.preventDefault();
  const fields = [...field.form.elements].filter((one) => one.offsetParent && !one.disabled);
  fields[fields.indexOf(field) + (event.shiftKey ? -1 : 1)]?.focus();
}

function chooseUpload(event) {
  if (event.target.type !== "file") return;
  const upload = event.target.form.querySelector('[name="source"][value="upload"]');
  if (upload && event.target.files.length) upload.checked = true;
}
