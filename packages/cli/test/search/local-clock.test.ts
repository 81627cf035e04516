import t from "tap";
import { localClock, localTimes } from "../../src/search/local-clock.ts";

t.test("a second becomes a local time and the same second again", async (t) => {
  const now = localClock.now();
  const time = localClock.local(now);
  t.equal(localClock.epoch(time), now);
  t.strictSame(localClock.local(now), time);
  t.equal(new Date(now * 1000).getDay(), time.weekday);
  t.ok((localClock.uptime() ?? 0) > 0);
});

t.test("times are printed as the locale has them", async (t) => {
  t.match(localTimes.stamp(localClock.now()), /\d{2}:\d{2}:\d{2}$/);
  t.match(localTimes.ctime(localClock.now()), /^[A-Z][a-z]{2} [A-Z][a-z]{2} .* \d{4}$/);
});
