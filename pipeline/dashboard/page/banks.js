// Banks, those in trouble first.

import { by, el, keyed, mark, say } from "./dom.js";
import { chart, draw } from "./chart.js";
import { bankName, count, people, percent, time } from "./format.js";

const MOST = 30;
const STATES = {
  far_below: "Far below usual",
  silent: "Nobody tries",
  below: "Below usual",
  usual: "As usual",
  few: "Too few to say",
  unknown: "Usual not known yet",
};
const CHART_HEIGHT = 32;

export function banks({ banks: rows, now: { behind_ms } }) {
  const states = behind_ms === null ? STATES : { ...STATES, unknown: "Not known now" };
  keyed(by("banks").tBodies[0], rows.slice(0, MOST), (row) => row.name, make, (line, row) => fill(line, row, states));
}

const make = (row) => el("tr", {}, el("th", { scope: "row" }, bankName(row.name)),
  el("td", {}, el("span", { class: "state" }), el("small")), el("td", { class: "number" }, el("span"), el("small")),
  el("td", { class: "number" }, el("span"), el("small")), el("td", { class: "small-chart" }, chart(CHART_HEIGHT)));

function fill(line, row, states) {
  const [, state, success, attempts, small] = line.cells;
  mark(line, "class", row.incident ? "far_below" : row.state);
  say(state.firstChild, row.incident ? "Incident, see above" : states[row.state]);
  say(state.lastChild, why(row));
  say(success.firstChild, percent(row.completions, row.attempts));
  say(success.lastChild, row.usual_success === null ? "" : `usually ${percent(row.usual_success, 1)}`);
  say(attempts.firstChild, count(row.attempts));
  say(attempts.lastChild, row.usual_attempts === null ? "" : `usually ${count(row.usual_attempts)}`);
  draw(small.firstChild, row.series, `${row.name}: ${total(row.series.completions)} of ${total(row.series.attempts)} ` +
    "attempts connected in the last hour");
}

/** What the page sees itself; of an incident its story tells more. */
function why(row) {
  if (row.incident || row.since_ms === undefined) return "";
  return `since ${time(row.since_ms)}` + (row.people ? `: ${people(row.people)} met ${row.code}` : "");
}

const total = (values) => count(values.reduce((sum, value) => sum + value, 0));
