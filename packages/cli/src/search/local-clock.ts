import { readFileSync } from "node:fs";
import type { TimeTexts } from "@cauditd/auparse";
import type { NormalTimes } from "@cauditd/auparse/normalize";
import { clockText, type LocalClock, type LocalTime } from "@cauditd/auparse/search";
import { localeDate, timeLocale } from "@cauditd/libaudit/vocabulary";

/** The clock and the time zone of this machine. */
export const localClock: LocalClock = {
  now: () => Math.floor(Date.now() / 1000),
  uptime: () => {
    try {
      return Number.parseFloat(readFileSync("/proc/uptime", "latin1"));
    } catch {
      return undefined;
    }
  },
  local: (seconds) => {
    if (seconds === lastSecond && lastTime !== undefined) return lastTime;
    const date = new Date(seconds * 1000);
    lastSecond = seconds;
    lastTime = {
      year: date.getFullYear(),
      month: date.getMonth(),
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
      second: date.getSeconds(),
      weekday: date.getDay(),
    };
    return lastTime;
  },
  epoch: ({ year, month, day, hour, minute, second }) =>
    new Date(year, month, day, hour, minute, second).getTime() / 1000,
};

// Events of one second come one after the other.
let lastSecond = -1;
let lastTime: LocalTime | undefined;

function two(part: number): string {
  return String(part).padStart(2, "0");
}

function date(seconds: number): string {
  const { year, month, day } = localClock.local(seconds);
  return localeDate(timeLocale(process.env), year, month + 1, day);
}

function time(seconds: number): string {
  const { hour, minute, second } = localClock.local(seconds);
  return [hour, minute, second].map(two).join(":");
}

/** The parts of a time, each for itself. */
export const normalTimes: NormalTimes = {
  date,
  time,
  parts: (seconds) => {
    const { year, month, day, weekday, hour } = localClock.local(seconds);
    const parts = [year, two(month + 1), two(day), weekday === 0 ? 7 : weekday];
    return `${parts.join(",")},${String(hour).padStart(2)}`;
  },
  offset: (seconds) => -60 * new Date(seconds * 1000).getTimezoneOffset(),
};

/** Times as this machine's locale prints them. */
export const localTimes: TimeTexts = {
  stamp: (seconds) => `${date(seconds)} ${time(seconds)}`,
  ctime: (seconds) => clockText(seconds, localClock),
};
