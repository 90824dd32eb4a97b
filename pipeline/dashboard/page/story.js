// The card that tells one story.

import { copyButton } from "./copy.js";
import { el, keyed, mark, say } from "./dom.js";
import { bankName, people, span, time } from "./format.js";
import { find } from "./search.js";

const NAMED = 15; // banks
// A visit counts once a code and minute.
const affected = (story) => `about ${people(story.people)} so far`;
const BADGES = { page: "Urgent", ticket: "Can wait", noticed: "Seen by this page" };
const FACTS = ["Since", "People", "Now", "Banks", "Tell users", "What to do", "Code", "Measured"];

/** An empty card. Where there is more than one story, what is for Flinks' support only is folded up. */
export function card(alone) {
  const facts = el("dl");
  for (const name of FACTS) {
    facts.append(el("div", { "data-fact": name }, el("dt", {}, name), el("dd")));
  }
  facts.querySelector("[data-fact='Tell users'] dd").append(el("q"), " ", copyButton(() => told(facts)));
  return el("article", {}, el("h3", {}, el("span"), " ", el("span", { class: "badge" })), el("p", { class: "summary" }),
    facts, el("p", { class: "runbook" }), el("details", { class: "samples", open: alone && "" }));
}

const told = (facts) => facts.querySelector("q").textContent;

/** Puts a story into a card. */
export function fill(card, story, now) {
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
