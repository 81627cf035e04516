import { readFileSync } from "node:fs";
import type { TimeTexts } from "@cauditd/auparse";
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

/** Times as this machine's locale prints them. */
export const localTimes: TimeTexts = {
  stamp: (seconds) => {
    const { year, month, day, hour, minute, second } = localClock.local(seconds);
    const time = [hour, minute, second].map((part) => String(part).padStart(2, "0")).join(":");
    return `${localeDate(timeLocale(process.env), year, month + 1, day)} ${time}`;
  },
  ctime: (seconds) => clockText(seconds, localClock),
};
