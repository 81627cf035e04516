/** A time of day and a date as a person on this machine reads them; months from 0. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Sunday is 0. */
  readonly weekday: number;
}

/** The clock and the time zone of the machine. */
export interface LocalClock {
  /** Seconds since the epoch. */
  now(): number;
  /** Seconds since the machine started; undefined when it cannot be told. */
  uptime(): number | undefined;
  local(seconds: number): LocalTime;
  /** The second of a local time; fields out of their range carry over. */
  epoch(time: Omit<LocalTime, "weekday">): number;
}

/** A second since the epoch, or what is wrong with the text. */
export type TimeResult = { readonly seconds: number } | { readonly error: string };

const DAY = 86_400;
const RECENT = 600;
/** ausearch takes no year before. */
const FIRST_YEAR = 2004;

const WORDS = [
  "now",
  "recent",
  "boot",
  "today",
  "yesterday",
  "this-week",
  "week-ago",
  "this-month",
  "this-year",
] as const;
type TimeWord = (typeof WORDS)[number];

/** Whether ausearch knows this word in the place of a date. */
export function isTimeWord(text: string): text is TimeWord {
  return (WORDS as readonly string[]).includes(text);
}

function midnight(time: LocalTime): LocalTime {
  return { ...time, hour: 0, minute: 0, second: 0 };
}

function wordTime(word: TimeWord, clock: LocalClock): LocalTime | undefined {
  const now = clock.now();
  const today = clock.local(now);
  switch (word) {
    case "now":
      return today;
    case "recent":
      return clock.local(now - RECENT);
    case "boot": {
      const uptime = clock.uptime();
      return uptime === undefined ? undefined : clock.local(now - Math.round(uptime));
    }
    case "today":
      return midnight(today);
    case "yesterday":
      return midnight(clock.local(now - DAY));
    case "this-week":
      return midnight(clock.local(now - today.weekday * DAY));
    case "week-ago":
      return midnight(clock.local(now - 7 * DAY));
    case "this-month":
      return { ...midnight(today), day: 1 };
    case "this-year":
      return { ...midnight(today), day: 1, month: 0 };
  }
}

/** `11/23/26`, as strptime(3) reads %x in the C locale; a year may have four digits too. */
function readDate(text: string): LocalTime | undefined {
  const found = /^\s*(\d{1,2})\s*\/\s*(\d{1,2})\s*\/\s*(\d{4}|\d{1,2})$/.exec(text);
  if (found === null) return undefined;
  const [month, day, short] = found.slice(1).map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const year = short >= 100 ? short : short + (short < 69 ? 2000 : 1900);
  return { year, month: month - 1, day, hour: 0, minute: 0, second: 0, weekday: 0 };
}

/** `18:00:00`, as strptime(3) reads %X in the C locale; without seconds they are 0. */
function readTime(text: string): Pick<LocalTime, "hour" | "minute" | "second"> | undefined {
  const full = text.length <= 5 ? `${text}:00` : text;
  const found = /^\s*(\d{1,2})\s*:\s*(\d{1,2})\s*:\s*(\d{1,2})$/.exec(full);
  if (found === null) return undefined;
  const [hour, minute, second] = found.slice(1).map(Number) as [number, number, number];
  return hour > 23 || minute > 59 || second > 61 ? undefined : { hour, minute, second };
}

/**
 * The second that a date and a time of day name, as ausearch 3.0.9 reads `-ts` and `-te`.
 * @param bound which of the two: they differ in `today`, and in a date without a time
 * @param date `11/23/26` or a word; undefined = today
 * @param time `18:00` or `18:00:00`; undefined = now, for an end
 */
export function readBound(
  bound: "end" | "start",
  date: string | undefined,
  time: string | undefined,
  clock: LocalClock,
): TimeResult {
  let when = clock.local(clock.now());
  if (date !== undefined && isTimeWord(date)) {
    const found = wordTime(date, clock);
    if (found === undefined) return { error: "Can't read uptime (No such file or directory)" };
    when = found;
    const open = time === undefined || time === "00:00:00";
    if (open && ["now", "recent", "boot"].includes(date)) return second(when, bound, clock);
    if (bound === "end" && date === "today") {
      when = clock.local(clock.now());
      if (open) return second(when, bound, clock);
    }
  } else if (date !== undefined) {
    const found = readDate(date);
    if (found === undefined) {
      return {
        error: `Invalid ${bound} date (${date}). Month, Day, and Year are required.`,
      };
    }
    when = found;
  }
  const ofDay = time === undefined ? clock.local(clock.now()) : readTime(time);
  if (ofDay === undefined) {
    return {
      error: `Invalid ${bound} time (${time}). Hour, Minute, and Second are required.`,
    };
  }
  const { hour, minute, second: seconds } = ofDay;
  if (when.year < FIRST_YEAR) return { error: `Error - year is ${when.year}` };
  return second({ ...when, hour, minute, second: seconds }, bound, clock);
}

function second(time: LocalTime, bound: "end" | "start", clock: LocalClock): TimeResult {
  const seconds = clock.epoch(time);
  return Number.isFinite(seconds) && seconds !== -1
    ? { seconds }
    : { error: `Error converting ${bound} time` };
}
