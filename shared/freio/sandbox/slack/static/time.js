// Times as the acting person reads them: their time zone, their language; "today" by the workspace's own clock.

export function clock({ person, now, say }) {
  const write = (options) => (seconds) =>
    new Intl.DateTimeFormat(person.locale, { timeZone: person.tz, ...options }).format(new Date(seconds * 1000));
  const day = (seconds) =>
    new Intl.DateTimeFormat("en-CA", { timeZone: person.tz, dateStyle: "short" }).format(new Date(seconds * 1000));

  const forms = {
    date_num: day,
    date_slash: write({ year: "numeric", month: "2-digit", day: "2-digit" }),
    date: write({ dateStyle: "long" }),
    date_short: write({ dateStyle: "medium" }),
    date_long: write({ dateStyle: "full" }),
    time: write({ timeStyle: "short" }),
    time_secs: write({ timeStyle: "medium" }),
    ago: (seconds) => ago(seconds - now, person.locale),
  };
  const near = { [day(now - 86400)]: "yesterday", [day(now)]: "today", [day(now + 86400)]: "tomorrow" };
  for (const form of ["date", "date_short", "date_long"]) {
    forms[`${form}_pretty`] = (seconds) => (near[day(seconds)] ? say(near[day(seconds)]) : forms[form](seconds));
  }
  return {
    day,
    forms,
    // `{date_short_pretty} {time}` as in <!date^ts^format|fallback>; null for a form that is not known.
    token(seconds, format) {
      let known = true;
      const text = format.replace(/\{(\w+)\}/g, (_, form) => (forms[form] ? forms[form](seconds) : ((known = false), "")));
      return known ? text : null;
    },
  };
}

function ago(seconds, locale) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[3];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

// Seconds since 1970 ⇄ the value of a datetime-local input, read in the person's time zone.
export function toLocal(seconds, tz) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: tz, dateStyle: "short", timeStyle: "short" });
  return parts.format(new Date(seconds * 1000)).replace(" ", "T");
}

export function fromLocal(local, tz) {
  if (!local) return null;
  const wanted = Date.parse(`${local}:00Z`) / 1000;
  // The offset is looked up at the guess, then once more where the guess fell across a change of the clocks.
  let guess = wanted;
  for (let turn = 0; turn < 2; turn += 1) guess += wanted - Date.parse(`${toLocal(guess, tz)}:00Z`) / 1000;
  return guess;
}
