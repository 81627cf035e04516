import t from "tap";
import { REFUSAL_QUOTA, Refusals } from "../../src/control/refusals.ts";

interface Fixture {
  readonly refusals: Refusals;
  readonly marks: string[];
  /** Lets time go on; what is due then happens. */
  pass(ms: number): void;
}

function fixture(quota = { rate: 1, burst: 2 }): Fixture {
  let time = 1_700_000_000_000;
  const marks: string[] = [];
  const timers: { at: number; act: () => void }[] = [];
  const refusals = new Refusals({
    now: () => time,
    later: (ms, act) => {
      const timer = { at: time + ms, act };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
    mark: (principal, { body }) => marks.push(`${principal}: ${body}`),
    quota,
  });
  const pass = (ms: number): void => {
    time += ms;
    for (const timer of timers.filter(({ at }) => at <= time)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.act();
    }
  };
  return { refusals, marks, pass };
}

const marker = (lost: number): string =>
  `web: op=lost reason=refused principal="web" lost=${lost} res=0`;

t.test("a flood is one marker at once, and then one a second with all that was lost", async (t) => {
  const { refusals, marks, pass } = fixture();
  const passed = Array.from({ length: 10 }, () => refusals.passes("web"));
  t.equal(passed.filter(Boolean).length, 2);
  t.same(marks, [marker(1)]);
  pass(999);
  t.same(marks, [marker(1)]);
  pass(1);
  t.same(marks, [marker(1), marker(7)], "all eight are told, and nobody had to ask again");
});

t.test("each principal has its own quota, and gets it back with time", async (t) => {
  const { refusals, pass } = fixture();
  for (let i = 0; i < 5; i++) refusals.passes("web");
  t.equal(refusals.passes("db"), true);
  t.equal(refusals.passes("web"), false);
  pass(1000);
  t.equal(refusals.passes("web"), true);
});

t.test("at the end nothing is left untold", async (t) => {
  const { refusals, marks, pass } = fixture();
  for (let i = 0; i < 6; i++) refusals.passes("web");
  refusals.end();
  t.same(marks, [marker(1), marker(3)]);
  pass(5000);
  t.equal(marks.length, 2);
});

t.test("what is in the quota leaves no marker", async (t) => {
  const { refusals, marks, pass } = fixture(REFUSAL_QUOTA);
  for (let i = 0; i < 50; i++) t.equal(refusals.passes("web"), true);
  pass(60_000);
  t.same(marks, []);
});
