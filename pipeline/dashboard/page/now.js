// All banks together: the last five minutes against usual, and the last hour by minute.

import { by, el, keyed, say } from "./dom.js";
import { chart, draw } from "./chart.js";
import { count, percent, time } from "./format.js";

const SOURCES = {
  counts: "",
  results: " Platform and release are known only when a visit is over, so these numbers come up to ten minutes late.",
};

export function now({ now: whole }) {
  say(by("now-note"), `Since ${time(whole.from_ms)}, five minutes.${SOURCES[whole.source]}`);
  keyed(by("tiles"), tiles(whole), (tile) => tile.name, () => el("div", {}, el("dt"), el("dd"), el("dd", { class: "note" })),
    (box, tile) => {
      const [name, value, usual] = box.children;
      say(name, tile.name);
      say(value, tile.value);
      say(usual, tile.usual === null ? "usual is not known yet" : `usually ${tile.usual}`);
    });
  const figure = by("whole");
  if (figure.firstChild === null) figure.append(chart(60), el("figcaption"));
  const told = "Attempts to log in by minute in the last hour, and those that connected";
  const highest = draw(figure.firstChild, whole.series, told);
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
