import t from "tap";
import { isTimeWord, readBound } from "../../src/search/time.ts";
import { clock } from "./search-events.ts";

function start(date?: string, time?: string): string {
  return shown("start", date, time);
}

function shown(bound: "end" | "start", date?: string, time?: string): string {
  const found = readBound(bound, date, time, clock);
  return "error" in found ? found.error : new Date(found.seconds * 1000).toISOString().slice(0, 19);
}

t.test("words stand for times relative to now", async (t) => {
  const midnight = "00:00:00";
  t.equal(start("now", midnight), "2026-11-25T18:30:15");
  t.equal(start("recent", midnight), "2026-11-25T18:20:15");
  t.equal(start("boot", midnight), "2026-11-25T17:30:15");
  t.equal(start("today", midnight), "2026-11-25T00:00:00");
  t.equal(start("yesterday", midnight), "2026-11-24T00:00:00");
  t.equal(start("this-week", midnight), "2026-11-22T00:00:00");
  t.equal(start("week-ago", midnight), "2026-11-18T00:00:00");
  t.equal(start("this-month", midnight), "2026-11-01T00:00:00");
  t.equal(start("this-year", midnight), "2026-01-01T00:00:00");
  t.equal(shown("end", "today", midnight), "2026-11-25T18:30:15");
  t.equal(start("yesterday", "10:20"), "2026-11-24T10:20:00");
  t.notOk(isTimeWord("tomorrow"));
});

t.test("dates and times are those of the C locale", async (t) => {
  t.equal(start("11/23/26", "18:00:00"), "2026-11-23T18:00:00");
  t.equal(start("1/2/2026", "1:02"), "2026-01-02T01:02:00");
  t.equal(start(undefined, "07:08:09"), "2026-11-25T07:08:09");
  t.equal(shown("end", "11/23/26"), "2026-11-23T18:30:15", "an end without time is now");
});

t.test("what is no time is said in ausearch's words", async (t) => {
  t.equal(start("foo", "0:00"), "Invalid start date (foo). Month, Day, and Year are required.");
  t.equal(
    start("13/1/26", "0:00"),
    "Invalid start date (13/1/26). Month, Day, and Year are required.",
  );
  t.match(shown("end", "1/1/26", "24:00"), /^Invalid end time \(24:00\)/);
  t.equal(start("1/1/70", "0:00"), "Error - year is 1970");
  const blind = { ...clock, uptime: () => undefined };
  t.match(readBound("start", "boot", undefined, blind), { error: /uptime/ });
});
