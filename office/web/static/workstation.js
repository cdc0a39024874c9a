// Signing with the program on this computer: the server gives a one-time address, the program signs what lies
// there and brings it back; the page only carries words between the two. Without this, files go by hand.
import { worded } from "./wording.js";

const DONE = 0; // what the program answers when it has signed

export function prepareWorkstation() {
  const forms = [...document.querySelectorAll("[data-program]")];
  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      signOne(form);
    });
  }
  const all = document.querySelector("[data-program-all]");
  if (!all || forms.length < 2) return;
  all.hidden = false;
  all.querySelector("button").addEventListener("click", async (event) => {
    event.target.disabled = true;
    for (const form of forms) if (!form.hidden && !(await signOne(form))) break;
    event.target.disabled = false;
  });
}

// One copy; whether it was signed.
async function signOne(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  tell(form, worded("workstation.script.asking"));
  const refusal = await sign(form);
  form.hidden = refusal === "";
  button.disabled = false;
  tell(form, refusal || worded("workstation.script.signed"));
  return refusal === "";
}

// What stood in the way; empty when the signature was taken in.
async function sign(form) {
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const handed = await answer.json();
  if (!answer.ok) return handed.sentence;
  const told = await spoken(handed.program, handed.message);
  if (told === null) return worded("workstation.script.no_program");
  return told.Status === DONE ? "" : worded("workstation.script.refused", { why: told.Message || told.Status });
}

// One message to the program and its answer; null when there is none to be had.
function spoken(address, message) {
  return new Promise((answered) => {
    const line = new WebSocket(address);
    line.addEventListener("open", () => line.send(JSON.stringify(message)));
    line.addEventListener("message", (event) => {
      answered(read(event.data));
      line.close();
    });
    for (const end of ["error", "close"]) line.addEventListener(end, () => answered(null));
  });
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function tell(form, words) {
  form.closest("[data-copy]").querySelector("[data-told]").textContent = words;
}
