// Moments in the reader's own zone and language.

const DAY_MS = 86_400_000;

function say(date, reader, options) {
  return new Intl.DateTimeFormat(reader.locale, { timeZone: reader.zone, ...options }).format(date);
}

/** The calendar day of a moment where the reader is, as `2026-11-22`. */
export function dayOf(date, zone) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(date);
}

/** Seconds since 1970 as the clock on the wall says them there: `2026-11-22T19:00`. */
export function wallOf(seconds, zone) {
  const options = { timeZone: zone, dateStyle: "short", timeStyle: "short" };
  return new Intl.DateTimeFormat("sv-SE", options).format(new Date(seconds * 1000)).replace(" ", "T");
}

/**
 * The other way. Where a wall clock shows a time twice the first one counts, and one that it skips is
 * read as if it had not been moved forward.
 */
export function secondsOf(wall, zone) {
  const utc = Date.parse(`${wall}Z`) / 1000;
  const ahead = (seconds) => Date.parse(`${wallOf(seconds, zone)}Z`) / 1000 - seconds;
  const [first, second] = [-1, 1].map((days) => utc - ahead(utc + (days * DAY_MS) / 1000));
  return wallOf(first, zone) !== wall && wallOf(second, zone) === wall ? second : first;
}

export const clock = (date, reader) => say(date, reader, { timeStyle: "short" });
export const full = (date, reader) => say(date, reader, { dateStyle: "full", timeStyle: "medium" });
export const dayName = (date, reader) => capital(nearDay(date, reader) ?? say(date, reader, LONG));

const LONG = { weekday: "long", month: "long", day: "numeric" };
const FORMATS = {
  date_num: null,
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { ...LONG, year: "numeric" },
  time: { timeStyle: "short" },
  time_secs: { timeStyle: "medium" },
};

/** Slack's date tokens, `{date_short_pretty} {time}`, for `seconds` since 1970. */
export function formatted(seconds, template, reader) {
  const date = new Date(seconds * 1000);
  return template.replace(/\{(\w+)\}/g, (token, name) => {
    if (name === "ago") return ago(date, reader.locale);
    if (name === "date_num") return dayOf(date, reader.zone);
    const plain = name.replace(/_pretty$/, "");
    if (!(plain in FORMATS)) return token;
    return (plain !== name && nearDay(date, reader)) || say(date, reader, FORMATS[plain]);
  });
}

function nearDay(date, reader) {
  const days = Math.round(
    (Date.parse(dayOf(date, reader.zone)) - Date.parse(dayOf(new Date(), reader.zone))) / DAY_MS,
  );
  if (Math.abs(days) > 1) return null;
  return new Intl.RelativeTimeFormat(reader.locale, { numeric: "auto" }).format(days, "day");
}

function ago(date, locale) {
  const seconds = (date - Date.now()) / 1000;
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
