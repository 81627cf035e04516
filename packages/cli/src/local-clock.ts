import { readFileSync } from "node:fs";
import type { LocalClock, LocalTime } from "@cauditd/auparse/search";

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
