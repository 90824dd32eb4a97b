// How the pipeline itself is.

import { by, el, keyed, mark, say } from "./dom.js";
import { count } from "./format.js";

export function health({ health: told }) {
  const bad = told.rows.filter((row) => !row.ok).length;
  say(by("health-state"), told.problem ?? (bad > 0 ? "Something is not as it should be." : "All is well."));
  mark(by("health-state"), "class", told.problem || bad > 0 ? "bad" : "good");
  keyed(by("health"), rows(told), (row) => row.name, () => el("div", {}, el("dt"), el("dd")), (box, row) => {
    mark(box, "class", row.ok ? "good" : "bad");
    say(box.firstChild, row.name);
    say(box.lastChild, row.note ? `${row.value}: ${row.note}` : row.value);
  });
  by("log-out").hidden = !told.log_out;
  const notice = [told.problem, history(told.history_left)].filter(Boolean).join(". ");
  say(by("notice"), notice);
  by("notice").hidden = notice === "";
}

function history(left) {
  if (left === null) return "Looking for the topics";
  return left > 0 ? `Reading the last hours: ${count(left)} records to go. Numbers still grow` : null;
}

function rows(told) {
  const missing = told.missing.map((topic) => ({ name: `Topic ${topic}`, value: "not there yet", ok: true, note: "" }));
  return [...told.rows, ...missing];
}
