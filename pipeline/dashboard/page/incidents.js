// Incidents with their story, and banks that are far below usual of which no incident tells.

import { by, el, keyed, mark, say } from "./dom.js";
import { bankName, count, people, percent, rate, span, time } from "./format.js";
import { find } from "./search.js";

const STATES = { far_below: "far below usual", silent: "silent" };
const SEEN_SHOWN = 3;
const NAMED = 15;
const DETECTION_MISSING = "The alerts agent is not running here, so nothing else looks for incidents.";

/** What is told at the top. */
export function incidents(sections) {
  const { open, more, over } = sections.incidents;
  const seen = noticed(sections);
  const now = sections.now.to_ms;
  const stories = [...open.map((story) => ofIncident(story, sections)), ...seen.slice(0, SEEN_SHOWN)];
  keyed(by("stories"), stories, (story) => story.key, () => make(stories.length === 1), (card, story) => fill(card, story, now));
  say(by("headline"), headline(open.length + more, seen, sections));
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

function headline(open, seen, sections) {
  if (open > 0) {
    const shown = sections.incidents.more > 0 ? ` The ${open - sections.incidents.more} worst are shown.` : "";
    const also = seen.length > 0 ? ` Also: ${inShort(seen)}.` : "";
    return `${open === 1 ? "1 incident" : `${open} incidents`} going on.${shown}${also}`;
  }
  const none = sections.health.detects ? "No incident is open." : DETECTION_MISSING;
  return `${none} ${seen.length > 0 ? `But ${inShort(seen)}.` : calm(sections)}`;
}

function inShort(seen) {
  if (seen.length === 1) return seen[0].title;
  const states = new Set(seen.map((bank) => STATES[bank.state]));
  return `${seen.length} banks are ${[...states].join(" or ")}`;
}

/** What may be said where no bank is far below usual. */
function calm({ banks, now: { behind_ms } }) {
  if (behind_ms !== null) return `The pipeline is ${span(behind_ms)} behind: how banks do now is not known yet.`;
  if (banks.length === 0) return "Nothing is known of any bank yet.";
  if (banks.every((bank) => bank.state === "unknown")) return "What is usual is known after ten minutes.";
  return "No bank is far below usual.";
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
    measured: bank.state === "silent" ? `nobody has tried for five minutes, usually ${count(bank.usual_attempts)} do`
      : `${percent(bank.completions, bank.attempts)} of attempts connect, usually ${percent(bank.usual_success ?? 0, 1)}`,
    people: bank.people ?? null,
    action: bank.advice ?? null,
    samples: bank.samples ?? [],
  }));
}

function ofIncident(story, { banks, now: { behind_ms } }) {
  const bank = banks.find((each) => each.name === story.bank);
  const share = (story.unit ?? "").startsWith("share of ");
  const written = (number) => (share ? rate(number) : round(number));
  const unit = share ? story.unit.replace("share ", "") : story.unit ?? "";
  const measured = story.observed === null || story.kind === "silence" ? null // whose summary says it all
    : `${written(story.observed)} ${unit}`.trim() + (story.expected === null ? "" : `, usually ${written(story.expected)}`)
      + ` (${time(story.updated_ms)})`;
  return { ...story, key: story.id, measured, atPresent: bank && behind_ms === null ? atPresent(bank) : null };
}

/** Whether it gets better: what was measured is of the minutes that decided. */
function atPresent({ attempts, completions, usual_success }) {
  if (attempts === 0) return null;
  const usually = usual_success === null ? "" : `, usually ${percent(usual_success, 1)}`;
  return `${percent(completions, attempts)} of attempts connect in the last five minutes${usually}`;
}

const round = (number) => String(Math.round(number * 100) / 100);
const peopleOf = (story) => (story.people ? people(story.people) : "people not counted");
// A visit counts once a code and minute.
const affected = (story) => `about ${people(story.people)} so far`;
const BADGES = { page: "Urgent", ticket: "Can wait", noticed: "Seen by this page" };
const FACTS = ["Since", "People", "Now", "Banks", "Tell users", "What to do", "Code", "Measured"];

/** Where there is more than one story, what is for Flinks' support only is folded up. */
function make(alone) {
  const facts = el("dl");
  for (const name of FACTS) {
    facts.append(el("div", { "data-fact": name }, el("dt", {}, name), el("dd")));
  }
  facts.querySelector("[data-fact='Tell users'] dd").append(el("q"), " ", copyButton(() => told(facts)));
  return el("article", {}, el("h3", {}, el("span"), " ", el("span", { class: "badge" })), el("p", { class: "summary" }),
    facts, el("p", { class: "runbook" }), el("details", { class: "samples", open: alone && "" }));
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
  fact(card, "People", story.people ? affected(story) : null);
  fact(card, "Now", story.atPresent ?? null);
  fact(card, "Banks", (story.banks ?? []).length > 1 ? listed(story.banks.map(bankName)) : null);
  fact(card, "Code", code);
  fact(card, "Measured", story.measured);
  fact(card, "What to do", story.action);
  card.querySelector("[data-fact='Tell users']").hidden = !story.tell;
  say(card.querySelector("q"), story.tell ?? "");
  link(card.querySelector(".runbook"), story.runbook_url);
  samples(card.querySelector(".samples"), story.samples);
}

const listed = (names) => names.slice(0, NAMED).join(", ") + (names.length > NAMED ? ` and ${names.length - NAMED} more` : "");

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
  if (box.firstChild === null) box.append(el("summary", {}, "Sample requestIds"), el("ul"));
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
