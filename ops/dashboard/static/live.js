// Keeps a page fresh while somebody looks at it. The stream says what has changed; a page that shows such things asks
// for itself again and takes over the parts that say so (data-live="alerts feeds", or "" for all). Everything works
// without it: loading the page again does the same.
"use strict";

const CLOCK_MS = 30_000; // ages grow without any news, and where there is no stream this is all there is
const SOON_MS = 250;
const LEAST_MS = 900;
const SHARE = 10; // at most a tenth of the time goes into asking
const TOUCHED_MS = 8_000;
const script = document.currentScript;
const sign = document.getElementById("live");
const said = document.getElementById("said");
const canHover = matchMedia("(hover: hover)");
let wanted = false;
let asking = null;
let tag = null;
let askedAt = 0;
let tookMs = 0;
let touchedAt = -Infinity;
let paused = false;

const visible = () => document.visibilityState === "visible";
const parts = () => document.querySelectorAll("[data-live]");

// A part stays as it is while somebody points at it, has the keyboard in it, or selects text of it.
function inUse(part) {
  const selection = getSelection();
  return (
    (canHover.matches && part.matches(":hover")) ||
    part.contains(document.activeElement) ||
    (!selection.isCollapsed && selection.containsNode(part, true))
  );
}

function keepOpen(part, fresh) {
  for (const open of part.querySelectorAll("details[open]")) {
    if (open.id) fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
}

function take(part, page) {
  const fresh = page.getElementById(part.id);
  if (!fresh) return;
  if ("liveList" in part.dataset) return takeList(part, fresh);
  if (inUse(part)) return;
  keepOpen(part, fresh);
  if (!fresh.isEqualNode(part)) part.replaceWith(fresh);
}

// Rows that are new to a list come in by themselves only where nothing moves under the reader's eyes; else a button
// says how many there are.
function takeList(list, fresh) {
  keepOpen(list, fresh);
  const known = new Set([...list.children].map((row) => row.id));
  const news = [...fresh.children].filter((row) => !known.has(row.id));
  const button = document.querySelector(`[data-newer="${CSS.escape(list.id)}"]`);
  if (!button || !news.length || (!paused && scrollY < 80 && !inUse(list) && !touched())) {
    for (const row of news) row.classList.add("fresh");
    if (!news.length && inUse(list)) return;
    if (!fresh.isEqualNode(list)) list.replaceWith(fresh);
    if (button) button.hidden = true;
    return;
  }
  const words = news.length === 1 ? button.dataset.one : button.dataset.many;
  const sentence = words.replace("{n}", news.length < list.children.length ? news.length : `${news.length}+`);
  if (button.textContent !== sentence) button.textContent = said.textContent = sentence;
  button.hidden = false;
  button.onclick = () => {
    for (const row of news) row.classList.add("fresh");
    document.getElementById(list.id).replaceWith(fresh);
    button.hidden = true;
    scrollTo({ top: 0 });
    fresh.focus({ preventScroll: true });
  };
}

const touched = () => performance.now() - touchedAt < TOUCHED_MS;

function sentence() {
  return document.querySelector("#verdict .sentence")?.textContent ?? "";
}

async function ask() {
  const here = new URL(location.href);
  here.searchParams.delete("did");
  here.hash = "";
  const headers = tag ? { "if-none-match": tag } : {};
  const answer = await fetch(here, { cache: "no-store", redirect: "manual", headers });
  if (answer.type === "opaqueredirect") return location.reload(); // logged out meanwhile
  if (answer.status === 304) return fresh();
  if (answer.status === 404 || answer.status === 405) return undefined; // a form's own address has no page
  if (!answer.ok) throw new Unwell(new DOMParser().parseFromString(await answer.text(), "text/html"));
  tag = answer.headers.get("etag");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = sentence();
  takeToken(page);
  for (const part of parts()) take(part, page);
  document.title = page.title;
  const now = page.getElementById("live");
  if (sign && now) sign.replaceChildren(...now.childNodes);
  fresh();
  if (said && sentence() !== before) said.textContent = sentence();
}

// Every answer says the token of the forms in other words; without this each part would differ from what it was.
function takeToken(page) {
  const token = page.querySelector("[name=csrf]")?.value;
  if (token) for (const field of document.querySelectorAll("[name=csrf]")) field.value = token;
}

function fresh() {
  sign?.classList.remove("stale");
}

// An answer that says, as a page, why there is none.
class Unwell extends Error {
  constructor(page) {
    super(page.title);
    this.page = page;
  }
}

// A verdict that cannot be asked for again must not go on saying that all is well.
function showTrouble(trouble) {
  const ours = document.getElementById("unreached")?.content.cloneNode(true);
  if (!ours) return;
  const [title, why] = ["h1", "h1 + p"].map((what) => trouble.page?.querySelector(`main ${what}`)?.textContent);
  if (title && why) {
    ours.querySelector(".sentence").textContent = title;
    ours.querySelector(".because").textContent = why;
  }
  const before = sentence();
  ours.querySelector(".verdict").id = "verdict";
  document.getElementById("verdict").replaceWith(ours);
  if (said && sentence() !== before) said.textContent = sentence();
}

function notReached(trouble) {
  tag = null; // what stands here is no longer what was answered last
  showTrouble(trouble);
  if (!sign || sign.classList.contains("stale")) return;
  sign.classList.add("stale");
  sign.firstChild.textContent = `${sign.dataset.stale} `;
}

// Asks soon, and never twice at once; what is wanted meanwhile is asked for afterwards.
function want(inMs = SOON_MS) {
  wanted = true;
  if (asking || !visible()) return;
  const pause = Math.max(LEAST_MS, tookMs * SHARE) - (performance.now() - askedAt);
  asking = setTimeout(async () => {
    if (!visible()) return (asking = null); // it is asked for when somebody looks again
    wanted = false;
    askedAt = performance.now();
    await ask().catch(notReached);
    tookMs = performance.now() - askedAt;
    asking = null;
    return wanted && want();
  }, Math.max(inMs, pause));
}

function shows(kind) {
  return [...parts()].some((part) => !part.dataset.live || part.dataset.live.split(" ").includes(kind));
}

function hear(told) {
  if (told.kind && shows(told.kind)) want();
  if (told.state === "open" && sign?.classList.contains("stale")) want();
  if (told.state === "lost") want(4_000);
  if (told.state === "refused") want();
}

// One stream for all tabs, held by a worker that they share; without one, a stream while this tab is looked at.
function listenTogether() {
  const worker = new SharedWorker(script.dataset.worker, { name: "pantau" });
  worker.port.onmessage = ({ data }) => hear(data);
  const here = (age) => worker.port.postMessage(age === undefined ? {} : { age });
  here(performance.now());
  setInterval(here, CLOCK_MS);
  addEventListener("pagehide", () => worker.port.postMessage({ gone: true }));
  addEventListener("pageshow", (event) => event.persisted && here(CLOCK_MS));
}

function listenAlone() {
  let stream = null;
  let since = performance.now();
  let age = since;
  const look = () => {
    if (visible() && !stream) {
      stream = new EventSource(`/live/events?age=${Math.round(age + performance.now() - since)}`);
      stream.onopen = () => hear({ state: "open" });
      stream.onmessage = (event) => hear(JSON.parse(event.data));
      stream.onerror = () => {
        hear({ state: stream?.readyState === EventSource.CLOSED ? "refused" : "lost" });
      };
    } else if (!visible() && stream) {
      stream.close();
      stream = null;
      [since, age] = [performance.now(), 0];
    }
  };
  document.addEventListener("visibilitychange", look);
  look();
}

function listen() {
  if ("SharedWorker" in self) {
    try {
      return listenTogether();
    } catch {
      // forbidden here, as in some private windows
    }
  }
  return "EventSource" in self ? listenAlone() : undefined;
}

function offerPause(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? button.dataset.resume : button.dataset.pause;
    if (!paused) want(0);
  });
}

if (parts().length) {
  for (const button of document.querySelectorAll("[data-pause]")) offerPause(button);
  addEventListener("touchstart", () => { touchedAt = performance.now(); }, { passive: true });
  addEventListener("pageshow", (event) => event.persisted && want(0));
  document.addEventListener("visibilitychange", () => {
    if (wanted || performance.now() - askedAt > CLOCK_MS) want(0);
  });
  setInterval(() => want(0), CLOCK_MS);
  listen();
}
