import { MAX_FRAME_EVENTS, type PublishOutcome } from "@cauditd/bus";
import { ScopeQueue, WAITING_FRAMES } from "@cauditd/dispatcher";
import { AuditError, Errno } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { eachEvent, ScriptedBus, serialsOf, Turnstile, userText } from "./records.ts";

/** Appends events with these serials, one by one. */
function append(queue: ScopeQueue, first: number, count: number, size = 0): void {
  for (let serial = first; serial < first + count; serial++) {
    eachEvent(userText(serial, 4000, size), (event) => queue.append(event, ""));
  }
}

/** Appends one event and seals its frame. */
function sealOne(queue: ScopeQueue, serial: number): void {
  append(queue, serial, 1);
  queue.seal();
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Nothing that was routed is unaccounted for. */
function balanced(queue: ScopeQueue): boolean {
  return queue.routed === queue.published + queue.lost + queue.held;
}

const ignore = (): void => undefined;

t.test("events wait in an unfinished frame until it is sealed", async (t) => {
  const bus = new ScriptedBus();
  const queue = new ScopeQueue("4", bus, "wait", ignore);
  append(queue, 1, 3);
  t.match(queue, { routed: 3, held: 3, waiting: 0, published: 0, sequence: 0 });
  t.equal(bus.calls, 0);
  queue.seal();
  t.match(queue, { routed: 3, held: 3, waiting: 1, sequence: 1 });
  await queue.drained();
  t.match(queue, { routed: 3, held: 0, waiting: 0, published: 3, lost: 0 });
  t.match(bus.stored, [{ scope: "4", sequence: 1, lost: 0 }]);
  t.same(bus.stored.flatMap(serialsOf), [1, 2, 3]);
});

t.test("a seal with nothing in the frame makes none", async (t) => {
  const bus = new ScriptedBus();
  const queue = new ScopeQueue("4", bus, "drop", ignore);
  queue.seal();
  await queue.finish();
  t.equal(bus.calls, 0);
  t.equal(queue.sequence, 0);
});

t.test("a frame goes by itself when it has all the events or bytes it may have", async (t) => {
  const bus = new ScriptedBus();
  const queue = new ScopeQueue("4", bus, "wait", ignore);
  append(queue, 1, MAX_FRAME_EVENTS);
  t.equal(queue.sequence, 1);
  append(queue, 3000, 70, 8000);
  t.equal(queue.sequence, 2);
  await queue.finish();
  t.same(bus.stored.flatMap(serialsOf), [...range(1, MAX_FRAME_EVENTS), ...range(3000, 70)]);
});

t.test("over a network frames are packed, and longer while one waits", async (t) => {
  const bus = new ScriptedBus();
  const taken: number[] = [];
  const store = bus.publish.bind(bus);
  bus.publish = (scope, sequence, bytes, source) => {
    taken.push(bytes.length);
    return store(scope, sequence, bytes, source);
  };
  const queue = new ScopeQueue("4", bus, "wait", ignore, { packs: true });
  append(queue, 1, 70, 8000);
  t.equal(queue.sequence, 1);
  append(queue, 71, 80, 8000);
  t.equal(queue.sequence, 1, "it grows on");
  append(queue, 151, 20, 8000);
  t.equal(queue.sequence, 2);
  await queue.finish();
  t.same(bus.stored.flatMap(serialsOf), range(1, 170));
  t.ok(taken.every((length) => length < 100_000));
  // A short frame needs no packing: it goes behind a long one that does all the same.
  append(queue, 171, 30, 8000);
  queue.seal();
  sealOne(queue, 201);
  await queue.finish();
  t.same(bus.stored.flatMap(serialsOf), range(1, 201));
});

t.test("wait: nothing is lost, and in order, however often the bus is full", async (t) => {
  const bus = new ScriptedBus();
  bus.answer = () => (bus.calls % 3 === 0 ? "stored" : "full");
  let room = 0;
  const queue = new ScopeQueue("4", bus, "wait", () => room++);
  for (const serial of range(1, 3 * WAITING_FRAMES)) sealOne(queue, serial);
  t.equal(queue.waiting, 3 * WAITING_FRAMES);
  await queue.drained();
  t.same(bus.stored.flatMap(serialsOf), range(1, 3 * WAITING_FRAMES));
  t.same(
    bus.stored.map(({ sequence, lost }) => [sequence, lost]),
    range(1, 3 * WAITING_FRAMES).map((sequence) => [sequence, 0]),
  );
  t.match(queue, { lost: 0, held: 0, published: 3 * WAITING_FRAMES });
  t.ok(room >= 3 * WAITING_FRAMES, "told that there is room each time");
});

t.test("drop: events without room are lost, and the next frame says how many", async (t) => {
  const bus = new ScriptedBus();
  const gate = new Turnstile();
  bus.answer = () => gate.pass().then(() => "stored");
  const queue = new ScopeQueue("4", bus, "drop", ignore);
  for (const serial of range(1, WAITING_FRAMES)) sealOne(queue, serial);
  append(queue, 100, 5);
  queue.seal();
  append(queue, 105, 2);
  queue.seal();
  t.match(queue, { waiting: WAITING_FRAMES, lost: 7, sequence: WAITING_FRAMES });
  t.ok(balanced(queue));
  gate.open();
  await queue.drained();
  sealOne(queue, 200);
  sealOne(queue, 201);
  await queue.drained();
  t.same(
    bus.stored.map((frame) => [frame.sequence, frame.lost, serialsOf(frame)]),
    [
      ...range(1, WAITING_FRAMES).map((serial) => [serial, 0, [serial]]),
      [WAITING_FRAMES + 1, 7, [200]],
      [WAITING_FRAMES + 2, 0, [201]],
    ],
    "sequences have no gap",
  );
  t.match(queue, { lost: 7, published: WAITING_FRAMES + 2, held: 0 });
});

t.test("drop: losses that no event follows make a frame of their own", async (t) => {
  const bus = new ScriptedBus();
  const gate = new Turnstile();
  bus.answer = () => gate.pass().then(() => "stored");
  const queue = new ScopeQueue("4", bus, "drop", ignore);
  for (const serial of range(1, WAITING_FRAMES + 3)) sealOne(queue, serial);
  queue.seal();
  t.match(queue, { waiting: WAITING_FRAMES, lost: 3 }, "there is no room for it yet");
  gate.open();
  await queue.drained();
  queue.seal();
  queue.seal();
  await queue.drained();
  t.equal(bus.stored.length, WAITING_FRAMES + 1);
  t.match(bus.stored.at(-1), { sequence: WAITING_FRAMES + 1, lost: 3 });
  t.same(bus.stored.slice(-1).flatMap(serialsOf), []);
});

t.test("drop: at the end the last frame waits for room, and tells the losses", async (t) => {
  const bus = new ScriptedBus();
  const gate = new Turnstile();
  bus.answer = () => gate.pass().then(() => "stored");
  const queue = new ScopeQueue("4", bus, "drop", ignore);
  for (const serial of range(1, WAITING_FRAMES + 2)) sealOne(queue, serial);
  append(queue, 50, 4);
  const finished = queue.finish();
  gate.open();
  await finished;
  t.match(bus.stored.at(-1), { sequence: WAITING_FRAMES + 1, lost: 2 });
  t.same(bus.stored.slice(-1).flatMap(serialsOf), [50, 51, 52, 53]);
  t.match(queue, { lost: 2, held: 0, waiting: 0, published: WAITING_FRAMES + 4 });
});

t.test("drop: a full scope takes nothing from another", async (t) => {
  const bus = new ScriptedBus();
  const gate = new Turnstile();
  bus.answer = (scope) => (scope === "4" ? gate.pass().then(() => "stored") : "stored");
  const slow = new ScopeQueue("4", bus, "drop", ignore);
  const other = new ScopeQueue("5", bus, "drop", ignore);
  for (const serial of range(1, 50)) {
    sealOne(slow, serial);
    sealOne(other, serial);
    await other.drained();
  }
  t.match(slow, { lost: 50 - WAITING_FRAMES, published: 0 });
  t.match(other, { lost: 0, published: 50 });
  t.same(bus.of("5").flatMap(serialsOf), range(1, 50));
  gate.open();
  await slow.finish();
  t.match(bus.of("4").at(-1), { lost: 50 - WAITING_FRAMES });
});

t.test("a frame that the bus has already counts as published", async (t) => {
  const bus = new ScriptedBus();
  bus.answer = () => "duplicate";
  const queue = new ScopeQueue("4", bus, "wait", ignore);
  sealOne(queue, 1);
  await queue.drained();
  t.match(queue, { published: 1, held: 0, failure: undefined });
});

t.test("a failure of the bus surfaces, and the frames are kept", async (t) => {
  const bus = new ScriptedBus();
  const down = new AuditError(Errno.ESHUTDOWN, "publish");
  bus.answer = () => Promise.reject(down);
  let told = 0;
  const queue = new ScopeQueue("4", bus, "wait", () => told++);
  sealOne(queue, 1);
  sealOne(queue, 2);
  await queue.drained();
  t.equal(queue.failure, down);
  t.match(queue, { published: 0, lost: 0, held: 2, waiting: 2 });
  t.equal(told, 1, "who waits for room is woken");
});

t.test("a bus that takes frames again gets those that were kept, in order", async (t) => {
  const bus = new ScriptedBus();
  bus.answer = () => Promise.reject(new AuditError(Errno.ETIMEDOUT, "publish"));
  const queue = new ScopeQueue("4", bus, "wait", ignore);
  sealOne(queue, 1);
  await queue.drained();
  t.match(queue.failure, { code: "ETIMEDOUT" });
  bus.answer = () => "stored";
  sealOne(queue, 2);
  await queue.drained();
  t.same(bus.stored.map(serialsOf), [[1], [2]]);
  t.equal(queue.failure, undefined);
});

t.test("no policy keeps more than its share when the bus has failed", async (t) => {
  for (const policy of ["wait", "drop"] as const) {
    const bus = new ScriptedBus();
    bus.answer = () => Promise.reject(new AuditError(Errno.ETIMEDOUT, "publish"));
    const queue = new ScopeQueue("4", bus, policy, ignore);
    sealOne(queue, 1);
    await queue.drained();
    for (const serial of range(2, 3 * WAITING_FRAMES)) sealOne(queue, serial);
    await queue.drained();
    t.equal(queue.waiting, WAITING_FRAMES, policy);
    t.equal(queue.lost, 1 + 3 * WAITING_FRAMES - WAITING_FRAMES, policy);
    t.ok(balanced(queue));
  }
});

t.test("any answers of the bus: order is kept, and the sums are right at every step", async () => {
  const answer = fc.constantFrom<PublishOutcome | "down">("stored", "stored", "full", "down");
  const step = fc.constantFrom("append", "append", "append", "seal", "drain");
  const source = [
    fc.constantFrom("wait" as const, "drop" as const),
    fc.array(answer, { maxLength: 40 }),
    fc.array(step, { maxLength: 80 }),
    fc.boolean(),
  ] as const;
  await fc.assert(
    fc.asyncProperty(...source, async (policy, answers, steps, packs) => {
      const bus = new ScriptedBus();
      let failed = false;
      bus.answer = () => {
        const next = answers.shift() ?? "stored";
        if (next === "down") failed = true;
        if (next !== "down") return next;
        throw new AuditError(Errno.ETIMEDOUT, "publish");
      };
      const queue = new ScopeQueue("4", bus, policy, ignore, { packs });
      let serial = 0;
      for (const step of steps) {
        if (step === "append") append(queue, ++serial, 1, serial % 3 === 0 ? 6000 : 0);
        else if (step === "seal") queue.seal();
        else await queue.drained();
        if (!balanced(queue) || queue.routed !== serial) return false;
      }
      answers.length = 0;
      await queue.finish();
      sealOne(queue, ++serial);
      await queue.finish();
      const serials = bus.stored.flatMap(serialsOf);
      const lost = bus.stored.reduce((sum, frame) => sum + frame.lost, 0);
      return (
        queue.held === 0 &&
        queue.lost === lost &&
        serials.length + lost === serial &&
        serials.every((one, index) => one > (serials[index - 1] ?? 0)) &&
        bus.stored.every(({ sequence }, index) => sequence === index + 1) &&
        (policy === "drop" || failed || lost === 0)
      );
    }),
    { numRuns: 100 },
  );
});

t.test(
  "a source that is read again goes on behind what is stored, in numbered events",
  async (t) => {
    const bus = new ScriptedBus();
    const source = { id: "log", from: 3 };
    const queue = new ScopeQueue("4", bus, "wait", ignore, { source });
    append(queue, 1, 5);
    queue.seal();
    append(queue, 6, 1);
    eachEvent(userText(900, 4000), (event) => queue.appendOwn(event, ""));
    append(queue, 7, 2);
    await queue.finish();
    t.same(bus.stored.map(serialsOf), [[4, 5], [6], [900], [7, 8]]);
    t.same(bus.sources, [
      { id: "log", first: 4, last: 5 },
      { id: "log", first: 6, last: 6 },
      undefined,
      { id: "log", first: 7, last: 8 },
    ]);
    t.match(queue, { skipped: 3, routed: 6, stored: 8 });
    t.ok(balanced(queue));
  },
);

t.test(
  "a patient queue asks a silent bus again, and loses nothing of a source that waits",
  async (t) => {
    const bus = new ScriptedBus();
    let silent = 2;
    bus.answer = () => {
      if (silent-- > 0) throw new AuditError(Errno.ETIMEDOUT, "publish");
      return "stored";
    };
    const queue = new ScopeQueue("4", bus, "wait", ignore, { patient: true });
    for (let serial = 1; serial <= WAITING_FRAMES + 3; serial++) sealOne(queue, serial);
    await queue.finish();
    t.same(bus.stored.flatMap(serialsOf), range(1, WAITING_FRAMES + 3));
    t.equal(queue.lost, 0);
    t.equal(queue.failure, undefined);
  },
);
