// Incidents with their story, and banks that are far below usual of which no incident tells.

import { by, el, keyed, mark, say } from "./dom.js";
import { bankName, people, percent, rate, span, time } from "./format.js";
import { find } from "./search.js";

const STATES = { far_below: "far below usual", silent: "silent" };
const DETECTION_MISSING = "The alerts agent is not running here, so nothing else looks for incidents.";

/** What is told at the top. */
export function incidents(sections) {
  const { open, more, over } = sections.incidents;
  const seen = noticed(sections);
  const now = sections.now.to_ms;
  keyed(by("stories"), [...open.map(ofIncident), ...seen], (story) => story.key, make, (card, story) => fill(card, story, now));
  say(by("headline"), headline(open.length + more, seen, sections.health.detects));
  by("over").hidden = over.length === 0;
  say(by("over").querySelector("summary"), `Over in the last hours: ${over.length}`);
  keyed(by("over").querySelector("ul"), over, (each) => each.id, () => el("li"), (item, each) =>
    say(item, `${time(each.started_ms, now)} to ${time(each.ended_ms, now)}: ${each.title}, ${peopleOf(each)}`));
}

/** What the tab says; whoever looks at another one should see it change. */
export function tab(sections) {
  const { open, more } = sections.incidents;
  const [worst] = [...open, ...noticed(sections)];
  const title = worst ? `(${open.length + more || "!"}) ${worst.title}` : "Flinks Connect, live";
  if (document.title !== title) document.title = title;
}

function headline(open, seen, detects) {
  const beside = seen.length === 1 ? seen[0].title : `${seen.length} banks are far below usual`;
  if (open > 0) {
    return `${open === 1 ? "1 incident" : `${open} incidents`} going on.` + (seen.length > 0 ? ` Also: ${beside}.` : "");
  }
  const none = detects ? "No incident is open." : DETECTION_MISSING;
  return seen.length > 0 ? `${none} But ${beside}.` : `${none} No bank is far below usual.`;
}

/** Banks far below usual that no open incident is about. */
function noticed({ banks, incidents: { open } }) {
  if (open.some((story) => story.bank === "All banks")) return [];
  return banks.filter((bank) => bank.state in STATES && !bank.incident).map((bank) => ({
    ...bank,
    key: `bank ${bank.name}`,
    title: `${bankName(bank.name)} ${bank.name === "other" ? "are" : "is"} ${STATES[bank.state]}`,
    severity: "noticed",
    started_ms: bank.since_ms ?? null,
    measured: `${percent(bank.completions, bank.attempts)} of attempts connect, usually ${percent(bank.usual_success ?? 0, 1)}`,
    people: bank.people ?? null,
    action: bank.advice ?? null,
    samples: bank.samples ?? [],
  }));
}

function ofIncident(story) {
  const share = (story.unit ?? "").startsWith("share of ");
  const written = (number) => (share ? rate(number) : round(number));
  const unit = share ? story.unit.replace("share ", "") : story.unit ?? "";
  const measured = story.observed === null ? null
    : `${written(story.observed)} ${unit}`.trim() + (story.expected === null ? "" : `, usually ${written(story.expected)}`);
  return { ...story, key: story.id, measured };
}

const round = (number) => String(Math.round(number * 100) / 100);
const peopleOf = (story) => (story.people === null ? "people not counted" : people(story.people));
// A visit counts once a code and minute.
const affected = (story) => `about ${people(story.people)} so far`;
const BADGES = { page: "Urgent", ticket: "Can wait", noticed: "Seen by this page" };
const FACTS = ["Since", "People", "Tell users", "What to do", "Code", "Measured"];

function make() {
  const facts = el("dl");
  for (const name of FACTS) {
    facts.append(el("div", { "data-fact": name }, el("dt", {}, name), el("dd")));
  }
  facts.querySelector("[data-fact='Tell users'] dd").append(el("q"), " ", copyButton(() => told(facts)));
  return el("article", {}, el("h3", {}, el("span"), " ", el("span", { class: "badge" })), el("p", { class: "summary" }),
    facts, el("p", { class: "runbook" }), el("div", { class: "samples" }));
}

const told = (facts) => facts.querySelector("q").textContent;

function fill(card, story, now) {
  mark(card, "class", `story ${story.severity}`);
  const [name, badge] = card.querySelectorAll("h3 span");
  say(name, story.title);
  say(badge, BADGES[story.severity] ?? story.severity);
  say(card.querySelector(".summary"), story.summary ?? "");
  const since = story.started_ms === null ? null
    : `${time(story.started_ms, now)}, for ${span(now - story.started_ms)}`;
  const whose = story.whose ? ` (${story.whose})` : "";
  const code = story.code ? `${[story.code, story.about].filter(Boolean).join(": ")}${whose}` : null;
  fact(card, "Since", since);
  fact(card, "People", story.people === null ? null : affected(story));
  fact(card, "Code", code);
  fact(card, "Measured", story.measured);
  fact(card, "What to do", story.action);
  card.querySelector("[data-fact='Tell users']").hidden = !story.tell;
  say(card.querySelector("q"), story.tell ?? "");
  link(card.querySelector(".runbook"), story.runbook_url);
  samples(card.querySelector(".samples"), story.samples);
}

function fact(card, name, text) {
  const row = card.querySelector(`[data-fact='${name}']`);
  row.hidden = !text;
  say(row.querySelector("dd"), text ?? "");
}

function link(line, url) {
  line.hidden = !url;
  if (url && line.dataset.url !== url) {
    line.dataset.url = url;
    line.replaceChildren(el("a", { href: url, target: "_blank", rel: "noreferrer" }, "Runbook"));
  }
}

function samples(box, ids) {
  box.hidden = ids.length === 0;
  if (box.firstChild === null) box.append(el("p", {}, "Sample requestIds"), el("ul"));
  keyed(box.querySelector("ul"), ids, (id) => id, (id) => el("li", {}, el("code", {}, id), " ", copyButton(() => id), " ",
    el("button", { type: "button", onclick: () => find(id), "aria-label": `Show session ${id}` }, "Show")), () => {});
}

function copyButton(what) {
  const button = el("button", { type: "button", "aria-label": "Copy this text", onclick: () => copy(what()).then(done) }, "Copy");
  const done = (text) => {
    say(button, text);
    say(by("copied"), text);
    setTimeout(() => { say(button, "Copy"); say(by("copied"), ""); }, 2000);
  };
  return button;
}

/** Browsers give a clipboard to https and localhost only; elsewhere there is the old way. */
async function copy(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => "Copied", () => "Not allowed");
  }
  const area = el("textarea", { class: "unseen" });
  area.value = text;
  document.body.append(area);
  area.select();
  const did = document.execCommand("copy");
  area.remove();
  return did ? "Copied" : "Not allowed";
}
