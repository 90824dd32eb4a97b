// What there is to say of an incident, or of a bank that the page itself finds far below usual.

import { bankName, count, percent, rate, time } from "./format.js";

export const STATES = { far_below: "far below usual", silent: "silent" };

/** Banks far below usual that no open incident is about. */
export function noticed({ banks, incidents: { open } }) {
  if (open.some((story) => story.bank === "All banks")) return [];
  return banks.filter((bank) => bank.state in STATES && !bank.incident).map((bank) => ({
    ...bank,
    key: `bank ${bank.name}`,
    title: `${bankName(bank.name)} ${bank.name === "other" ? "are" : "is"} ${STATES[bank.state]}`,
    severity: "noticed",
    started_ms: bank.since_ms ?? null,
    measured: bank.state === "silent" ? `nobody tried in five minutes, usually ${count(bank.usual_attempts)} do`
      : `${percent(bank.completions, bank.attempts)} of attempts connect, usually ${percent(bank.usual_success ?? 0, 1)}`,
    people: bank.people ?? null,
    action: bank.advice ?? null,
    samples: bank.samples ?? [],
  }));
}

/** An incident, as flinks.alerts has it. */
export function ofIncident(story, { banks, now: { behind_ms, source } }) {
  const bank = banks.find((each) => each.name === story.bank);
  const share = (story.unit ?? "").startsWith("share of ");
  const written = (number) => (share ? rate(number) : round(number));
  const unit = share ? story.unit.replace("share ", "") : story.unit ?? "";
  const measured = story.observed === null || story.kind === "silence" ? null // whose summary says it all
    : `${written(story.observed)} ${unit}`.trim() + (story.expected === null ? "" : `, usually ${written(story.expected)}`)
      + ` (${time(story.updated_ms)})`;
  return { ...story, key: story.id, measured, atPresent: bank && behind_ms === null && source === "counts" ? atPresent(bank) : null };
}

/** Whether it gets better: what was measured is of the minutes that decided. */
function atPresent({ attempts, completions, usual_success }) {
  if (attempts === 0) return null;
  const usually = usual_success === null ? "" : `, usually ${percent(usual_success, 1)}`;
  return `${percent(completions, attempts)} of attempts connect in the last five minutes${usually}`;
}

const round = (number) => String(Math.round(number * 100) / 100);
