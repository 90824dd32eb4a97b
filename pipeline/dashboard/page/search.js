// A session by its requestId, with its timeline.

import { by, el, say } from "./dom.js";
import { seconds } from "./format.js";

const MOMENTS = 100;
let asked = 0;

/** Looks for an id and shows what is found. */
export async function find(id) {
  const turn = (asked += 1);
  by("wanted").value = id;
  by("found").replaceChildren();
  say(by("search-state"), "Looking through the last days. This may take a while.");
  by("search-title").scrollIntoView({ block: "start" });
  by("search-title").focus({ preventScroll: true });
  const answer = await ask(id);
  if (turn !== asked) return;
  say(by("search-state"), answer.problem ?? `Found: ${answer.sessions.length === 1 ? "one session" : `${answer.sessions.length} sessions`}.`);
  by("found").replaceChildren(...(answer.sessions ?? []).map(shown));
}

async function ask(id) {
  try {
    const answer = await fetch("session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id }),
    });
    return answer.ok ? await answer.json() : { problem: `The server says ${answer.status}.` };
  } catch {
    return { problem: "The server can not be reached." };
  }
}

function shown(session) {
  const what = `${session.kind} session, ${session.open ? "still open, would be " : ""}${session.outcome}`;
  const where = [session.institution, session.app, session.platform, session.release].filter(Boolean).join(", ");
  return el("article", { class: "session" },
    el("h3", {}, session.request_id ?? "Steps without a requestId"),
    el("p", {}, [what, where].filter(Boolean).join(" – ")),
    el("p", {}, session.why.join(" ")),
    session.advice ? el("p", {}, el("strong", {}, "What to do: "), session.advice) : null,
    ...session.notes.map((note) => el("p", { class: "note" }, note)),
    timeline(session.timeline));
}

function timeline(moments) {
  if (moments.length === 0) return el("p", { class: "note" }, "Its events are no longer kept.");
  const rows = moments.slice(0, MOMENTS).map((moment) => el("tr", { class: moment.failure_class ? "failed" : null },
    el("td", {}, seconds(Date.parse(moment.at))), el("td", { class: "number" }, `+${(moment.elapsed_ms / 1000).toFixed(1)} s`),
    el("td", {}, el("code", {}, moment.name), el("small", {}, moment.about)),
    el("td", { class: "wide" }, (moment.stage ?? "").replaceAll("_", " "))));
  const more = moments.length - rows.length;
  return el("table", {}, el("caption", {}, "What happened" + (more > 0 ? `; ${more} more events are not shown` : "")),
    el("thead", {}, el("tr", {}, ...["Time", "After start", "Event"].map((name) => el("th", { scope: "col" }, name)),
      el("th", { scope: "col", class: "wide" }, "Stage reached"))), el("tbody", {}, ...rows));
}

by("search").addEventListener("submit", (event) => {
  event.preventDefault();
  find(by("wanted").value.trim());
});
