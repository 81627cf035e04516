import { MAX_BATCH_BYTES } from "@cauditd/bus";
import fc from "fast-check";
import t from "tap";
import { eventsOf, linesOf, serialsOf } from "../../../../packages/auparse/test/log-text.ts";
import { StreamCourse } from "../../src/stream/stream-course.ts";

const LIMIT = 4096;

/** Does what is asked for until nothing is; the log has every serial of `log`. */
function drain(course: StreamCourse, log: readonly number[] = []): number[] {
  const stored: number[] = [];
  for (let step = course.next(); step.kind !== "wait"; step = course.next()) {
    if (step.kind === "publish") {
      stored.push(...serialsOf(step.batch.bytes));
      course.stored();
      continue;
    }
    const { behind, upTo } = step;
    const serial = log.find((one) => one > behind && one <= upTo);
    if (serial === undefined) course.passed(upTo);
    else course.read(linesOf(serial, serial));
  }
  return stored;
}

t.test("in step with its log, what is logged is published, several in one batch", async (t) => {
  const course = new StreamCourse(LIMIT, 3, 0, 0);
  t.same(course.next(), { kind: "wait" });
  course.logged(linesOf(1, 2));
  course.logged(linesOf(4, 4));
  const step = course.next();
  t.match(step, { kind: "publish", batch: { generation: 3, first: 1, last: 4, events: 3 } });
  t.same(course.next(), step, "the same until it is stored");
  course.logged(linesOf(5, 5));
  t.same(drain(course), [1, 2, 4, 5]);
  t.match(course.progress, { published: 5, logged: 5, events: 4, batches: 2, waiting: 0 });
});

t.test(
  "what does not fit is read from the log; what is being stored is not read again",
  async (t) => {
    const course = new StreamCourse(LIMIT, 1, 0, 0);
    course.logged(linesOf(1, 2));
    t.match(course.next(), { batch: { first: 1, last: 2 } });
    course.logged(linesOf(3, 4));
    course.logged(linesOf(5, 5, "x".repeat(LIMIT)));
    t.match(course.progress, { behind: true, waiting: 0, logged: 5 });
    course.logged(linesOf(6, 6));
    t.match(course.next(), { batch: { first: 1, last: 2 } });
    t.same(drain(course, [1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
    t.match(course.progress, { behind: false, published: 6 });
  },
);

t.test("what follows a batch that is being stored is made ready, and stays in order", async (t) => {
  const course = new StreamCourse(LIMIT, 1, 0, 0);
  course.logged(linesOf(1, 2));
  t.match(course.next(), { kind: "publish", batch: { first: 1, last: 2 } });
  t.same(course.ahead(), { kind: "wait" });
  course.logged(linesOf(3, 3));
  t.match(course.ahead(), { kind: "publish", batch: { first: 3, last: 3 } });
  course.logged(linesOf(4, 5));
  const ahead = course.ahead();
  t.match(ahead, { batch: { first: 3, last: 3 } }, "the same until it is its turn");
  t.match(course.next(), { batch: { first: 1, last: 2 } }, "the first is not stored yet");
  t.equal(course.progress.published, 0);
  course.stored();
  t.equal(course.progress.published, 2);
  const next = course.next();
  t.ok(next.kind === "publish" && ahead.kind === "publish" && next.batch === ahead.batch);
  course.logged(linesOf(6, 6, "x".repeat(LIMIT)));
  t.match(course.ahead(), { kind: "read", behind: 3, upTo: 6 });
  course.read(linesOf(4, 6));
  t.match(course.ahead(), { batch: { first: 4, last: 6 } });
  t.same(drain(course), [3, 4, 5, 6]);
  t.match(course.progress, { behind: false, published: 6, batches: 3 });
});

t.test("a start goes on behind what the stream has", async (t) => {
  const course = new StreamCourse(LIMIT, 1, 3, 6);
  course.logged(linesOf(7, 7));
  t.match(course.next(), { kind: "read", behind: 3, upTo: 6 });
  t.same(drain(course, [1, 2, 3, 4, 6, 7]), [4, 6, 7]);
  const lost = new StreamCourse(LIMIT, 1, 9, 6);
  lost.logged(linesOf(8, 9));
  t.same(drain(lost), [], "the stream has them, from before the log lost its end");
  lost.logged(linesOf(9, 11));
  t.same(drain(lost, [9, 10, 11]), [10, 11], "lines of which it has some are read again");
});

t.test("what nobody can read any more is passed over and counted", async (t) => {
  const course = new StreamCourse(LIMIT, 1, 0, 9);
  t.match(course.next(), { kind: "read", behind: 0, upTo: 9 });
  course.passed(9, 8);
  t.same(drain(course), []);
  t.match(course.progress, { published: 9, missed: 8, behind: false });
});

t.test(
  "lines that are too long for a batch are divided, and an event that is too long missed",
  async (t) => {
    const course = new StreamCourse(1e9, 1, 0, 0);
    const half = linesOf(1, 3, "x".repeat(MAX_BATCH_BYTES / 2));
    const long = linesOf(4, 4, "x".repeat(MAX_BATCH_BYTES));
    const bytes = Buffer.concat([half.bytes, long.bytes, Buffer.from(eventsOf(5, 5))]);
    course.logged({ bytes, events: 5, first: 1, last: 5 });
    t.same(drain(course), [1, 2, 3, 5]);
    t.match(course.progress, { missed: 1, published: 5 });
  },
);

t.test("whatever fits or does not, each event is published once and in order", async (t) => {
  const logged = fc.array(
    fc.record({
      skip: fc.nat(2),
      count: fc.integer({ min: 1, max: 3 }),
      long: fc.boolean(),
      steps: fc.nat(3),
    }),
  );
  const run = fc.property(logged, fc.nat(5), (offers, had) => {
    const log: number[] = Array.from({ length: had }, (_, i) => i + 1);
    const published = Math.floor(had / 2);
    const course = new StreamCourse(LIMIT, 1, published, had);
    const seen: number[] = [];
    let serial = had;
    for (const { skip, count, long, steps } of offers) {
      const first = serial + skip + 1;
      serial = first + count - 1;
      for (let one = first; one <= serial; one++) log.push(one);
      course.logged(linesOf(first, serial, "x".repeat(long ? LIMIT / 2 : 0)));
      for (let i = 0; i < steps; i++) {
        const step = course.next();
        if (step.kind === "wait") break;
        if (step.kind === "publish") {
          seen.push(...serialsOf(step.batch.bytes));
          course.stored();
        } else {
          const next = log.find((one) => one > step.behind && one <= step.upTo);
          if (next === undefined) course.passed(step.upTo);
          else course.read(linesOf(next, next));
        }
      }
      if (course.progress.waiting > LIMIT) return false;
    }
    seen.push(...drain(course, log));
    const { published: end } = course.progress;
    return seen.join() === log.slice(published).join() && end === Math.max(serial, had);
  });
  t.doesNotThrow(() => fc.assert(run));
});
