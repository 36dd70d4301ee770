// Keeps the overview fresh while somebody looks at it. Everything works without it: a reload does the same.
"use strict";

const EVERY_MS = 5000;
const sign = document.getElementById("live");
const said = document.getElementById("said");
const canHover = matchMedia("(hover: hover)");

// A part stays as it is while somebody points at it, has the keyboard in it, or selects text of it.
function inUse(part) {
  const selection = getSelection();
  return (
    (canHover.matches && part.matches(":hover")) ||
    part.contains(document.activeElement) ||
    (!selection.isCollapsed && selection.containsNode(part, true))
  );
}

function take(part, page) {
  const fresh = page.getElementById(part.id);
  if (!fresh || inUse(part)) return;
  for (const open of part.querySelectorAll("details[open]")) {
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  if (!fresh.isEqualNode(part)) part.replaceWith(fresh);
}

function sentence() {
  return document.querySelector("#verdict .sentence")?.textContent ?? "";
}

async function refresh() {
  const answer = await fetch(location.pathname, { cache: "no-store", redirect: "manual" });
  if (answer.type === "opaqueredirect") return location.reload(); // logged out meanwhile
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = sentence();
  for (const part of document.querySelectorAll("[data-live]")) take(part, page);
  document.title = page.title;
  sign.replaceChildren(...page.getElementById("live").childNodes);
  sign.classList.remove("stale");
  if (sentence() !== before) said.textContent = sentence();
}

function notReached() {
  if (sign.classList.contains("stale")) return;
  sign.classList.add("stale");
  sign.firstChild.textContent = `${sign.dataset.stale} `;
}

async function keepFresh() {
  if (document.visibilityState === "visible") await refresh().catch(notReached);
  setTimeout(keepFresh, EVERY_MS);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") refresh().catch(notReached);
});
setTimeout(keepFresh, EVERY_MS);
