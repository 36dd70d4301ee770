// Keys for who does not want to reach for the mouse. None of them is the only way to anything.
"use strict";

const help = document.getElementById("keys");
const WITHIN_MS = 1500;
let going = -Infinity;

function go(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

// The rows of the page's lists: what is marked as one, else the headlines.
function rows() {
  const marked = [...document.querySelectorAll("main [data-row]")];
  const found = marked.length ? marked : [...document.querySelectorAll("main .headline a, main summary")];
  return found.filter((row) => row.checkVisibility?.() ?? row.offsetParent !== null);
}

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function search() {
  const field = document.querySelector("main .filters input:not([type=hidden]), main .filters select, main input[type=search]");
  field?.focus();
  field?.select?.();
  return Boolean(field);
}

function pause() {
  const button = document.querySelector("[data-pause]");
  button?.click();
  return Boolean(button);
}

function showHelp() {
  if (!help || help.open) return false;
  help.showModal();
  return true;
}

const DEEDS = { j: () => move(1), k: () => move(-1), "/": search, "?": showHelp, p: pause };

function writing(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && writing(event.target)) return event.target.blur();
  if (writing(event.target) || help?.open) return;
  const after = performance.now() - going < WITHIN_MS;
  going = -Infinity;
  if (after) return go(event.key) && event.preventDefault();
  if (event.key === "g") going = performance.now();
  else if (DEEDS[event.key]?.()) event.preventDefault();
});

const button = document.getElementById("show-keys");
if (button && help) {
  button.hidden = false;
  button.addEventListener("click", showHelp);
}

// On a phone the pages' names lie side by side: the one that is open is brought into sight.
{
  const row = document.getElementById("rail");
  const open = row?.querySelector("[aria-current]");
  if (open && row.scrollWidth > row.clientWidth) {
    row.scrollLeft += open.getBoundingClientRect().left - (row.clientWidth - open.clientWidth) / 2;
  }
}
