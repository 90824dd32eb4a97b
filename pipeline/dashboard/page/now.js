// All banks together: the last five minutes against usual, and the last hour by minute.

import { by, el, keyed, say } from "./dom.js";
import { chart, draw } from "./chart.js";
import { count, percent, time } from "./format.js";

const MINUTE_MS = 60_000;
const WINDOWS = {
  counts: (since) => `The last five minutes, since ${since}.`,
  results: (since) => `Five minutes from ${since} on: platform and release are known only when a visit is over, ` +
    "which takes most of them up to twelve minutes.",
};

export function now({ now: whole, banks }) {
  const nothing = banks.length > 0 ? "" : " Nothing of the last hours matches what was chosen, or nothing has come in yet.";
  const usual = whole.usual === null ? "" : ` Usual is the average since ${time(whole.usual_from_ms)} without incidents. ` +
    "Numbers change with the time of day, percentages hardly.";
  say(by("now-note"), `${WINDOWS[whole.source](time(whole.from_ms))}${nothing}${usual}`);
  keyed(by("tiles"), tiles(whole), (tile) => tile.name, () => el("div", {}, el("dt"), el("dd"), el("dd", { class: "note" })),
    (box, tile) => {
      const [name, value, usual] = box.children;
      say(name, tile.name);
      say(value, tile.value);
      say(usual, tile.usual === null ? "usual is not known yet" : `usually ${tile.usual}`);
    });
  const figure = by("whole");
  if (figure.firstChild === null) figure.append(chart(60), el("p", { class: "axis", "aria-hidden": "true" }, el("span"), el("span")), el("figcaption"));
  const told = "Attempts to log in by minute in the last hour (grey), and those that connected (solid)";
  const highest = draw(figure.firstChild, whole.series, told);
  const [first, last] = figure.querySelectorAll(".axis span");
  say(first, time(whole.to_ms - 59 * MINUTE_MS));
  say(last, time(whole.to_ms - MINUTE_MS));
  say(figure.lastChild, `${told}. The highest minute has ${count(highest)}.`);
}

function tiles({ visits, attempts, completions, usual }) {
  const of = (name) => (usual === null ? null : count(usual[name]));
  return [
    { name: "Attempts that connect", value: percent(completions, attempts),
      usual: usual === null ? null : percent(usual.completions, usual.attempts) },
    { name: "Visits that connect", value: percent(completions, visits),
      usual: usual === null ? null : percent(usual.completions, usual.visits) },
    { name: "Visits begun", value: count(visits), usual: of("visits") },
    { name: "Attempts to log in", value: count(attempts), usual: of("attempts") },
    { name: "Connected", value: count(completions), usual: of("completions") },
  ];
}
