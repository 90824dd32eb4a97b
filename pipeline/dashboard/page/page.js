// Takes updates from the server and shows what has changed.

import { banks } from "./banks.js";
import { by, mark, say } from "./dom.js";
import { chosen, filters, whenChosen } from "./filters.js";
import { seconds, zone } from "./format.js";
import { health } from "./health.js";
import { incidents, tab } from "./incidents.js";
import { now } from "./now.js";
import { latest, sessions } from "./sessions.js";

const SHOW = { incidents, now, banks, sessions, latest, filters, health };
const STALE_MS = 5000;
const LOST = "(!) Connection lost";
const GONE_MS = 15000; // a connection may end without a browser learning of it

let known = {};
let changed = new Set();
let asOf = 0;
let heardAt = Date.now();
let triedAt = 0;
let paused = false;
let drawing = false;
let source = null;

function connect() {
  source?.close();
  triedAt = Date.now();
  known = {};
  source = new EventSource(`stream?${chosen()}`);
  source.onmessage = ({ data }) => {
    const update = JSON.parse(data);
    Object.assign(known, update.sections);
    Object.keys(update.sections).forEach((name) => changed.add(name));
    asOf = update.now_ms;
    heardAt = Date.now();
    draw();
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) fetch("stream", { method: "HEAD" }).then(tellWhy, () => setTimeout(connect, 2000));
  };
}

function tellWhy({ status }) {
  if (status === 401 || status === 403) location.reload();
  else setTimeout(connect, 2000);
}

/** Once a frame at most, and nothing but the tab while nobody looks. */
function draw() {
  if (paused || known.now === undefined) return;
  tab(known);
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const names = changed;
    changed = new Set();
    if (names.has("banks") || names.has("health")) names.add("incidents");
    for (const name of names) SHOW[name](known);
    say(by("as-of"), `as of ${seconds(asOf)} (${zone})`);
    by("as-of").dataset.ms = asOf;
    tellConnection();
  });
}

function tellConnection() {
  const lost = Date.now() - heardAt > STALE_MS;
  mark(by("freshness"), "class", lost ? "bad" : null); // which stays in sight
  if (lost) document.title = LOST;
  else if (document.title === LOST) tab(known);
  say(by("connection"), lost ? "Connection lost: what you see is old," : paused ? "Paused," : "Live,");
}

by("pause").addEventListener("click", () => {
  paused = !paused;
  mark(by("pause"), "aria-pressed", paused);
  say(by("pause"), paused ? "Go on" : "Pause");
  tellConnection();
  draw();
});

setInterval(() => {
  tellConnection();
  if (Date.now() - Math.max(heardAt, triedAt) > GONE_MS) connect();
}, 1000);
whenChosen(() => {
  if (paused) by("pause").click(); // what is chosen is to be seen
  connect();
});
connect();
