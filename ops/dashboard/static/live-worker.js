// Holds the one stream of a browser and passes on what it tells: over HTTP/1.1 a browser opens six connections to a
// site, so with a stream for each tab the seventh would hang.
"use strict";

const HERE_MS = 90_000; // a tab that has said nothing for so long is gone
const AGAIN_MS = 60_000;
const SLACK_MS = 5_000;
const address = "/live/events";
const tabs = new Map(); // port → when it last said that it is there
const heard = new Map(); // kind → when it was last told of
let stream = null;
let openUntil = 0;

function tell(message) {
  for (const [port, at] of tabs) {
    if (Date.now() - at > HERE_MS) tabs.delete(port);
    else port.postMessage(message);
  }
}

function open(ageMs) {
  stream?.close();
  stream = new EventSource(`${address}?age=${Math.round(ageMs)}`);
  stream.onopen = () => tell({ state: "open" });
  stream.onmessage = (event) => {
    const told = JSON.parse(event.data);
    openUntil = Date.now();
    heard.set(told.kind, openUntil);
    tell(told);
  };
  stream.onerror = () => {
    if (!openUntil) openUntil = Date.now();
    const refused = stream.readyState === EventSource.CLOSED; // else the browser comes back by itself
    tell({ state: refused ? "refused" : "lost" });
    if (refused) setTimeout(again, AGAIN_MS * (0.75 + Math.random() / 2));
  };
}

function again() {
  const now = Date.now();
  for (const [port, at] of tabs) if (now - at > HERE_MS) tabs.delete(port);
  if (tabs.size) open(now - openUntil);
  else stream = null;
}

setInterval(() => {
  const alone = [...tabs.values()].every((at) => Date.now() - at > HERE_MS);
  if (!alone || !stream) return;
  stream.close();
  stream = null;
}, HERE_MS / 3);

onconnect = (event) => {
  const [port] = event.ports;
  port.onmessage = ({ data }) => {
    if (data.gone) return tabs.delete(port);
    tabs.set(port, Date.now());
    if (!stream || stream.readyState === EventSource.CLOSED) return open(data.age ?? HERE_MS);
    if (data.age === undefined) return undefined;
    const made = Date.now() - data.age - SLACK_MS;
    for (const [kind, at] of heard) if (at >= made) port.postMessage({ kind, n: 1 });
    if (stream.readyState === EventSource.OPEN) port.postMessage({ state: "open" });
    return undefined;
  };
};
