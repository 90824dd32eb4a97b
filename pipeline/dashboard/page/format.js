// Numbers and times as a person reads them. Times are the reader's own.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exact = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const whole = new Intl.NumberFormat();

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const count = (number) => whole.format(Math.round(number));
export const seconds = (ms) => exact.format(ms);

/** 02:41, with the day if it is another one. */
export function time(ms, nowMs = Date.now()) {
  const sameDay = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return sameDay ? clock.format(ms) : `${day.format(ms)}, ${clock.format(ms)}`;
}

/** How long, in the largest unit that says enough. */
export function span(ms) {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

/** A share as per cent; what connects now may have been tried in the minute before, so there may seem to be more than all. */
export const percent = (part, of) => (of > 0 ? `${Math.min(100, Math.round((100 * part) / of))} %` : "–");

/** A share that may be small: 36 %, 2.5 %. */
export const rate = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0).replace(".0", "")} %`;

export const bankName = (name) => (name === "other" ? "Other banks" : name);

/** 1 person, 2 people. */
export const people = (number) => (number === 1 ? "1 person" : `${count(number)} people`);
