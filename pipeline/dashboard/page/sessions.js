// Sessions that are over: outcomes, how far they came, why they failed, and the latest of them.

import { by, el, keyed, mark, say } from "./dom.js";
import { count, percent, seconds, time } from "./format.js";
import { find } from "./search.js";

const OUTCOMES = ["completed", "failed", "abandoned", "expired", "denied"];

export function sessions({ sessions: told }) {
  const all = told.sessions;
  say(by("sessions-note"), `${count(all)} sessions that began since ${time(told.from_ms)} and are over.`);
  say(by("outcomes"), OUTCOMES.filter((name) => told.outcomes[name]).map((name) =>
    `${count(told.outcomes[name])} ${name} (${percent(told.outcomes[name], all)})`).join(" · "));
  keyed(by("funnel").tBodies[0], told.funnel.map((stage) => ({ ...stage, all })), (stage) => stage.stage, stageRow, fillStage);
  keyed(by("codes").tBodies[0], told.codes, (row) => row.code,
    (row) => el("tr", {}, el("th", { scope: "row" }, row.code, el("small", {}, row.about ?? "")), el("td", { class: "number" })),
    (line, row) => say(line.cells[1], count(row.sessions)));
}

const stageRow = ({ stage }) => el("tr", {}, el("th", { scope: "row" }, stage.replaceAll("_", " ")),
  el("td", { class: "number" }), el("td", { "aria-hidden": "true" }, el("progress", { max: 1, tabindex: "-1" })),
  el("td", { class: "number" }));

function fillStage(line, { stage, sessions: reached, last, all }) {
  const [, number, bar, ended] = line.cells;
  say(number, `${count(reached)} (${percent(reached, all)})`);
  bar.firstChild.value = all ? reached / all : 0;
  say(ended, stage === "connected" ? "–" : `${count(last)} (${percent(last, reached)})`);
}

export function latest({ latest: rows }) {
  keyed(by("latest").tBodies[0], rows, (row) => row.id, latestRow, fillLatest);
}

const latestRow = () => el("tr", {}, el("td"), el("td"), el("td", {}, el("span"), el("small")),
  el("td", { class: "wide" }), el("td", { class: "wide" }), el("td"));

function fillLatest(line, row) {
  const [ended, bank, outcome, stage, platform, id] = line.cells;
  mark(line, "class", row.outcome);
  say(ended, seconds(row.ended_ms));
  say(bank, row.bank ?? "none chosen");
  say(outcome.firstChild, row.outcome.replace("_", " ") + (row.kind === "data" ? " (data)" : ""));
  say(outcome.lastChild, row.code ?? "");
  say(stage, (row.stage ?? "–").replaceAll("_", " "));
  say(platform, [row.platform, row.release].filter(Boolean).join(" ") || "–");
  const wanted = row.request_id ?? row.id;
  if (id.dataset.id !== wanted) {
    id.dataset.id = wanted;
    id.replaceChildren(el("button", { type: "button", class: "id", onclick: () => find(wanted) }, row.request_id ?? "none: show"));
  }
}
