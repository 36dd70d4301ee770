// Checks a query as it is written, and tries it without leaving the page. Everything works without: the buttons send the
// form. A module: its names are its own, beside those of the scripts that every page has.

const form = document.getElementById("editor");
const trial = document.getElementById("trial");
const PAUSE_MS = 500;
const AGAIN_MS = 250;
const LATER_MS = 3_000;
const TRIES = 5; // a server that is busy answers later
form.classList.add("scripted");
let pause = 0;
let asked = 0;

async function ask(name, value) {
  const fields = new URLSearchParams(new FormData(form));
  fields.set(name, value);
  const mine = ++asked;
  const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual", cache: "no-store" });
  if (mine !== asked) return undefined; // something newer was asked meanwhile
  if (answer.type === "opaqueredirect") throw new Error("logged out");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.getElementById("editor") ? page : null;
}

function take(page, id) {
  const part = document.getElementById(id);
  const fresh = page.getElementById(id);
  if (!part || !fresh || fresh.isEqualNode(part)) return;
  const open = [...part.querySelectorAll("details[open]")].length > 0;
  part.replaceChildren(...fresh.childNodes);
  part.toggleAttribute("data-running", fresh.hasAttribute("data-running"));
  if (open) part.querySelector("details")?.setAttribute("open", "");
}

function notReached() {
  trial.textContent = form.dataset.lost;
}

async function check(tries = TRIES) {
  const page = await ask("do", "check").catch(() => null);
  if (page) take(page, "checked");
  else if (page === null && tries > 1) pause = setTimeout(() => check(tries - 1), LATER_MS);
}

async function tryIt(name, value) {
  form.setAttribute("aria-busy", "true");
  try {
    const page = await ask(name, value);
    if (page === undefined) return;
    if (page === null) return notReached();
    take(page, "checked");
    take(page, "trial");
    take(page, "matches");
    trial.classList.remove("stale");
    if (page.querySelector("#trial[data-running]")) setTimeout(() => tryIt(name, value), AGAIN_MS);
  } catch {
    notReached();
  } finally {
    form.removeAttribute("aria-busy");
  }
}

form.addEventListener("input", (event) => {
  if (event.target.tagName !== "TEXTAREA") return;
  trial.classList.toggle("stale", trial.querySelector(".big") !== null);
  clearTimeout(pause);
  pause = setTimeout(() => check(), PAUSE_MS);
});

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  const tries = button && ((button.name === "do" && button.value === "try") || button.name === "tab");
  const checks = button && button.name === "do" && button.value === "check";
  if (!tries && !checks) return;
  event.preventDefault();
  clearTimeout(pause);
  if (checks) check();
  else tryIt(button.name, button.value);
});

if (document.querySelector("#trial[data-running]")) tryIt("do", "try");
