// Incidents, and banks that are far below usual of which no incident tells: what is said of all of them together.

import { by, el, keyed, say } from "./dom.js";
import { people, span, time } from "./format.js";
import { card, fill } from "./story.js";
import { noticed, ofIncident, STATES } from "./stories.js";

const SEEN_SHOWN = 3;
const DETECTION_MISSING = "The alerts agent is not running here, so nothing else looks for incidents.";

/** What is told at the top. */
export function incidents(sections) {
  const { open, more, over } = sections.incidents;
  const seen = noticed(sections);
  const now = sections.now.now_ms;
  const stories = [...open.map((story) => ofIncident(story, sections)), ...seen.slice(0, SEEN_SHOWN)];
  keyed(by("stories"), stories, (story) => story.key, () => card(stories.length === 1), (made, story) => fill(made, story, now));
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
  const trouble = worst?.title ?? sections.health.problem;
  const title = trouble ? `(${open.length + more || "!"}) ${trouble}` : "Flinks Connect, live";
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

const peopleOf = (story) => (story.people ? people(story.people) : "people not counted");
