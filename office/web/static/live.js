// While a tab is visible it asks now and then whether anything changed, and takes over the parts that did.
// What somebody is typing in is never replaced, and no row moves under the cursor unasked.
import { armCorners } from "./corners.js";
import { isTouched } from "./forms.js";
import { clock, say } from "./status.js";
import { worded } from "./wording.js";

const BUSY_MS = 2000; // the machine is at work on this page
const QUIET_MS = 10000;
let stamp = document.body.dataset.stamp;
let timer = 0;
let active = false;
let lostAt = "";

export function watch() {
  const address = document.body.dataset.live;
  if (!address) return;
  for (const kind of ["keydown", "pointerdown", "wheel"]) {
    addEventListener(kind, () => (active = true), { passive: true });
  }
  document.addEventListener("visibilitychange", () => plan(address, 0));
  connected();
  plan(address, "busy" in document.body.dataset ? BUSY_MS : QUIET_MS);
}

function plan(address, wait) {
  clearTimeout(timer);
  if (document.visibilityState === "visible") timer = setTimeout(() => ask(address), wait);
}

async function ask(address) {
  let changed = false;
  try {
    const answer = await fetch(active ? `${address}?active=1` : address, { cache: "no-store" });
    active = false;
    if (answer.status === 401) {
      lock();
      return;
    }
    if (answer.ok) {
      connected();
      const now = (await answer.json()).stamp;
      changed = now !== stamp;
      if (changed) await renew();
    }
  } catch {
    disconnected();
  }
  plan(address, "busy" in document.body.dataset || lostAt ? BUSY_MS : QUIET_MS);
}

async function renew() {
  const answer = await fetch(document.body.dataset.page || location.href, { cache: "no-store", headers: { "X-Live": "1" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  stamp = fresh.body.dataset.stamp;
  if ("busy" in fresh.body.dataset) document.body.dataset.busy = "";
  else delete document.body.dataset.busy;
  refreshPages(fresh);
  const later = merge(fresh);
  if (later.length) offer(later);
}

// Pictures and boxes change in place: the viewer keeps its scroll position.
function refreshPages(fresh) {
  const frame = document.querySelector(".viewer");
  const then = fresh.querySelector(".viewer");
  if (!frame || !then) return;
  if (frame.querySelectorAll(".sheet").length !== then.querySelectorAll(".sheet").length) {
    frame.replaceChildren(...then.children);
    armCorners(frame);
    return;
  }
  for (const sheet of then.querySelectorAll(".sheet")) {
    const now = document.getElementById(sheet.id);
    const drawings = [now, sheet].map((one) => one.querySelector("[data-corners]"));
    if (drawings[0] || drawings[1]) {
      if (Boolean(drawings[0]) !== Boolean(drawings[1])) now.querySelector(".picture").replaceWith(sheet.querySelector(".picture"));
      armCorners(now);
      continue;
    }
    const image = now.querySelector("img");
    const source = sheet.querySelector("img").getAttribute("src");
    if (image.getAttribute("src") !== source) image.src = source;
    now.querySelector("svg.boxes").replaceWith(sheet.querySelector("svg.boxes"));
  }
}

function merge(fresh) {
  const later = [];
  let did = false;
  const known = new Set();
  for (const now of document.querySelectorAll("[data-region]")) {
    known.add(now.id);
    const then = fresh.getElementById(now.id);
    if (!then) {
      if (isTouched(now)) later.push([now, null]);
      else now.remove();
    } else if (!alike(now, then)) {
      const asks = isTouched(now) || now.contains(document.activeElement) || reorders(now, then);
      if (asks) later.push([now, then]);
      else now.replaceWith(then);
      did ||= !asks;
    }
  }
  for (const then of fresh.querySelectorAll("[data-region]")) {
    if (known.has(then.id)) continue;
    const parent = then.parentElement.id ? document.getElementById(then.parentElement.id) : null;
    const before = previous(then);
    if (before) before.after(then);
    else parent?.append(then);
    did = true;
  }
  if (did) say(worded("script.changed"));
  return later;
}

function previous(region) {
  for (let one = region.previousElementSibling; one; one = one.previousElementSibling) {
    const here = one.id && document.getElementById(one.id);
    if (here) return here;
  }
  return null;
}

const plain = (region) => region.outerHTML.replace(/ value="[^"]*"/g, "").replace(/\?v=\w+/g, "");
const alike = (now, then) => plain(now) === plain(then);
const rows = (region) => [...region.querySelectorAll("tr[id]")].map((row) => row.id).join();
const reorders = (now, then) => "rows" in now.dataset && rows(now) !== "" && rows(now) !== rows(then);

function offer(later) {
  document.querySelector(".changes")?.remove();
  const line = document.createElement("p");
  line.className = "changes";
  line.setAttribute("role", "status");
  line.textContent = `${worded("script.changes")} `;
  const show = document.createElement("button");
  show.className = "quiet";
  show.textContent = worded("script.show");
  show.addEventListener("click", () => {
    for (const [now, then] of later) if (then) now.replaceWith(then); else now.remove();
    line.remove();
  });
  line.append(show);
  document.querySelector("main").prepend(line);
}

// The session is over: nothing of the page stays on the screen.
function lock() {
  document.body.replaceChildren();
  const here = location.pathname + location.search;
  location.replace(`/login?next=${encodeURIComponent(here)}`);
}

function connected() {
  const line = document.querySelector("[data-link]");
  if (!line) return;
  line.hidden = false;
  if (lostAt) say(worded("script.connected_again"));
  lostAt = "";
  line.textContent = worded("script.connected");
  document.body.classList.remove("offline");
}

function disconnected() {
  lostAt ||= clock();
  const line = document.querySelector("[data-link]");
  line.hidden = false;
  line.textContent = worded("script.lost", { since: lostAt });
  document.body.classList.add("offline");
}
