import { decodeFrame, type Frame, MemoryBus } from "@cauditd/bus";
import { Dispatcher, HOST_SCOPE, WAITING_FRAMES } from "@cauditd/dispatcher";
import { hostProblem } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { callText, ScriptedBus, serialsOf, Turnstile, userText } from "./records.ts";

const LIMITS = { frames: 64, bytes: 32 * 1024 * 1024 };

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** A dispatcher with web (contid 7, pid 500) and inner (9, 700), which is nested in web. */
function twoContainers(bus: MemoryBus | ScriptedBus, onFull: "wait" | "drop"): Dispatcher {
  const dispatcher = new Dispatcher({ bus, onFull });
  dispatcher.register({ name: "web", contid: 7n, pid: 500 });
  dispatcher.register({ name: "inner", contid: 9n, pid: 700, parent: 7n });
  return dispatcher;
}

/** Everything that a scope of the bus holds. */
async function frames(bus: MemoryBus, scope: string): Promise<Frame[]> {
  const { frames: count } = await bus.state(scope);
  const got: Frame[] = [];
  await new Promise<void>((resolve, reject) => {
    if (count === 0) resolve();
    bus
      .subscribe(scope, { window: 1 }, (delivery) => {
        got.push(decodeFrame(delivery.frame));
        delivery.ack();
        if (got.length === count) resolve();
      })
      .catch(reject);
  });
  return got;
}

/** What breaks the accounting law now, the host's or that of a scope's way to the bus. */
function problems(dispatcher: Dispatcher): string[] {
  const found: string[] = [];
  const problem = hostProblem(dispatcher.account);
  if (problem !== undefined) found.push(problem);
  for (const container of [undefined, ...dispatcher.containers]) {
    const { scope, routed, published, lost, held } = dispatcher.queueOf(container);
    const sum = published + lost + held;
    if (sum !== routed) found.push(`${scope}: ${routed} routed, ${sum} accounted for`);
  }
  return found;
}

t.test(
  "CID-90, CID-91, CID-94: events go over the bus to the host and along the chain",
  async (t) => {
    const bus = new MemoryBus(LIMITS);
    const dispatcher = twoContainers(bus, "wait");
    dispatcher.push(
      bytes(
        callText(1, 4000, 1) + callText(2, 501, 500) + callText(3, 701, 700) + userText(4, 701),
      ),
    );
    await dispatcher.end();
    const all = new Map<string, Frame[]>();
    for (const scope of [HOST_SCOPE, "7", "9"]) all.set(scope, await frames(bus, scope));
    t.same(
      [...all].map(([scope, got]) => [scope, got.flatMap(serialsOf), got[0]?.chains]),
      [
        ["host", [1, 2, 3, 4], ["", "7", "9,^7"]],
        ["7", [2, 3, 4], ["", "7", "9,^7"]],
        ["9", [3, 4], ["", "9"]],
      ],
    );
    t.match(dispatcher.queueOf(undefined), { routed: 4, published: 4, held: 0 });
    t.same(problems(dispatcher), []);
  },
);

t.test("every event has one direct attribution, and every line is counted", async (t) => {
  const dispatcher = twoContainers(new MemoryBus(LIMITS), "wait");
  const eoe = "type=EOE msg=audit(1700000000.000:3): \n";
  dispatcher.push(bytes(callText(1, 4000, 1) + callText(2, 501, 500) + callText(3, 701, 700)));
  dispatcher.push(bytes(`${eoe}junk\n\n${userText(4, 701)}`));
  await dispatcher.end();
  t.match(dispatcher.account, {
    captured: 9,
    malformed: 1,
    eoe: 1,
    records: 7,
    events: 4,
    open: 0,
    direct: new Map([
      ["host", 1],
      ["web", 1],
      ["inner", 2],
    ]),
  });
  t.equal(dispatcher.malformed.total, 1);
  t.same(problems(dispatcher), []);
});

t.test("what the source's buffer holds later does not matter", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const dispatcher = twoContainers(bus, "wait");
  const chunk = bytes(callText(1, 501, 500));
  dispatcher.push(chunk.subarray(0, 50));
  const rest = Buffer.from(chunk.subarray(50));
  chunk.fill(0);
  dispatcher.push(rest);
  rest.fill(0);
  await dispatcher.end();
  const [frame] = await frames(bus, "7");
  t.equal(frame?.blob.toString("latin1"), callText(1, 501, 500));
});

t.test("a registration that is refused makes no scope", async (t) => {
  const dispatcher = twoContainers(new MemoryBus(LIMITS), "wait");
  t.throws(() => dispatcher.register({ name: "web", contid: 8n, pid: 9 }), { code: "EEXIST" });
  t.same(
    dispatcher.containers.map(({ name }) => name),
    ["web", "inner"],
  );
  dispatcher.push(bytes(callText(1, 9, 1)));
  await dispatcher.end();
  t.same(problems(dispatcher), []);
  t.equal(dispatcher.account.direct.get("host"), 1);
});

t.test("records of another node are the host's", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const dispatcher = new Dispatcher({ bus, onFull: "wait", node: "alpha" });
  const web = dispatcher.register({ name: "web", contid: 7n, pid: 500 });
  const from = (node: string, text: string): string => text.replace(/^/gm, `node=${node} `);
  dispatcher.push(bytes(`${from("beta", callText(1, 500, 1).trim())}\n`));
  dispatcher.push(bytes(`${from("alpha", callText(2, 500, 1).trim())}\n`));
  await dispatcher.end();
  t.equal(dispatcher.queueOf(web).routed, 1);
  t.equal(dispatcher.queueOf(undefined).routed, 2);
});

t.test("flush lets the unfinished frames go, with the event that only waits", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const dispatcher = twoContainers(bus, "wait");
  dispatcher.push(bytes(callText(1, 501, 500)));
  t.match(dispatcher.queueOf(undefined), { routed: 0, sequence: 0 }, "held for late records");
  t.equal(dispatcher.account.open, 1);
  dispatcher.flush();
  await dispatcher.queueOf(undefined).drained();
  t.match(dispatcher.queueOf(undefined), { routed: 1, published: 1, sequence: 1 });
  t.equal(dispatcher.account.open, 0);
  dispatcher.flush();
  t.equal(dispatcher.queueOf(undefined).sequence, 1, "there is nothing more");
});

t.test("room holds every source back while a scope is crowded", async (t) => {
  const bus = new ScriptedBus();
  const gate = new Turnstile();
  bus.answer = (scope) => (scope === "7" ? gate.pass().then(() => "stored") : "stored");
  const dispatcher = twoContainers(bus, "wait");
  await dispatcher.room();
  const crowd = WAITING_FRAMES / 2 + 1;
  for (let serial = 1; serial <= crowd; serial++) {
    dispatcher.push(bytes(callText(serial, 501, 500)));
    dispatcher.flush();
  }
  const web = dispatcher.queueOf(dispatcher.containers[0]);
  let held = 2;
  const rooms = [dispatcher.room(), dispatcher.room()].map((room) => room.then(() => held--));
  await dispatcher.queueOf(undefined).drained();
  t.same([held, web.waiting], [2, crowd]);
  gate.next();
  await Promise.all(rooms);
  t.same([held, web.waiting], [0, crowd - 1], "one frame has left, all sources go on");
  gate.open();
  await dispatcher.end();
  t.same(bus.of("7").flatMap(serialsOf), [1, 2, 3, 4, 5]);
});

t.test("a failure of the bus wakes the source and is thrown", async (t) => {
  const bus = new ScriptedBus();
  const gate = new Turnstile();
  const down = new AuditError(Errno.ESHUTDOWN, "publish");
  bus.answer = async (scope): Promise<"stored"> => {
    if (scope !== "7") return "stored";
    await gate.pass();
    throw down;
  };
  const dispatcher = twoContainers(bus, "wait");
  for (let serial = 1; serial <= WAITING_FRAMES; serial++) {
    dispatcher.push(bytes(callText(serial, 501, 500)));
    dispatcher.flush();
  }
  const room = dispatcher.room();
  gate.open();
  await t.rejects(room, down);
  await t.rejects(dispatcher.end(), down);
  t.match(dispatcher.queueOf(undefined), { held: 0, published: WAITING_FRAMES });
  t.same(problems(dispatcher), [], "what was not taken is held");
});

t.test(
  "drop: a scope that is full loses its own events only, and is told at the end",
  async (t) => {
    const bus = new ScriptedBus();
    const gate = new Turnstile();
    bus.answer = (scope) => (scope === "7" ? gate.pass().then(() => "stored") : "stored");
    const dispatcher = twoContainers(bus, "drop");
    for (let serial = 1; serial <= 20; serial++) {
      dispatcher.push(bytes(callText(serial, 501, 500) + callText(100 + serial, 701, 700)));
      dispatcher.flush();
      await dispatcher.queueOf(undefined).drained();
      await dispatcher.queueOf(dispatcher.containers[1]).drained();
      t.same(problems(dispatcher), []);
    }
    const web = dispatcher.queueOf(dispatcher.containers[0]);
    t.match(web, { routed: 40, lost: 24, held: 16, published: 0 });
    const ended = dispatcher.end();
    gate.open();
    await ended;
    t.same(problems(dispatcher), []);
    t.equal(
      bus.of("7").reduce((sum, { lost }) => sum + lost, 0),
      24,
    );
    t.equal(bus.of("9").flatMap(serialsOf).length, 20);
    t.equal(bus.of("host").flatMap(serialsOf).length, 40);
  },
);

t.test("the accounting law holds at every step, however the bytes come", async () => {
  const event = fc.record({
    pid: fc.constantFrom(4000, 500, 501, 700, 701),
    kind: fc.constantFrom("call", "exit", "user", "junk"),
  });
  const source = [
    fc.array(event, { maxLength: 60 }),
    fc.integer({ min: 1, max: 700 }),
    fc.constantFrom("wait" as const, "drop" as const),
    fc.array(fc.boolean(), { maxLength: 50 }),
  ] as const;
  const parents = new Map([
    [501, 500],
    [701, 700],
  ]);
  await fc.assert(
    fc.asyncProperty(...source, async (events, chunk, onFull, full) => {
      const bus = new ScriptedBus();
      bus.answer = () => (full.pop() ? "full" : "stored");
      const dispatcher = twoContainers(bus, onFull);
      const text = events.map(({ pid, kind }, serial) => {
        if (kind === "junk") return "no record\n";
        if (kind === "user") return userText(serial, pid);
        return callText(serial, pid, parents.get(pid) ?? 1, kind === "exit" ? 231 : 257);
      });
      const all = bytes(text.join(""));
      for (let at = 0; at < all.length; at += chunk) {
        dispatcher.push(all.subarray(at, at + chunk));
        if (at % 3 === 0) dispatcher.flush();
        if (at % 5 === 0) await dispatcher.room();
        if (problems(dispatcher).length > 0) return false;
      }
      await dispatcher.end();
      if (problems(dispatcher).length > 0) return false;
      return [undefined, ...dispatcher.containers].every((container) => {
        const { scope, routed, lost, held } = dispatcher.queueOf(container);
        const stored = bus.of(scope);
        const told = stored.reduce((sum, frame) => sum + frame.lost, 0);
        return held === 0 && told === lost && stored.flatMap(serialsOf).length + told === routed;
      });
    }),
    { numRuns: 60 },
  );
});

t.test("CID-93: a record of its own goes up from its target, trimmed on its way", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const dispatcher = twoContainers(bus, "wait");
  const inner = dispatcher.registry.find(9n);
  const line = "type=CONTAINER_OP msg=audit(1.000:1): op=drop opid=700 contid=-1 old-contid=9,^7";
  dispatcher.record(line, inner, [9n, 7n]);
  dispatcher.record("type=CONFIG_CHANGE msg=audit(1.000:2): op=set res=1", undefined, []);
  await dispatcher.end();
  const seen = new Map<string, [string[], string]>();
  for (const scope of [HOST_SCOPE, "7", "9"]) {
    const got = await frames(bus, scope);
    const text = got.map(({ blob }) => Buffer.from(blob).toString("latin1")).join("");
    seen.set(scope, [got.flatMap(({ chains }) => [...chains]), text]);
  }
  t.match(seen.get(HOST_SCOPE)?.[1], /old-contid=9,\^7\n.*op=set res=1\n$/);
  t.same(seen.get(HOST_SCOPE)?.[0], ["", "9,^7", ""]);
  t.match(seen.get("7")?.[1], /old-contid=9,\^7\n$/);
  t.match(seen.get("9")?.[1], /old-contid=9\n$/);
  t.same(seen.get("9")?.[0], ["", "9"]);
  t.same(problems(dispatcher), []);
  t.same(
    [...dispatcher.account.direct],
    [
      ["host", 1],
      ["web", 0],
      ["inner", 1],
    ],
  );
});

t.test("CID-104: a container that ends gets no more events; its name is free again", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const dispatcher = twoContainers(bus, "wait");
  dispatcher.push(bytes(callText(1, 701, 700)));
  dispatcher.flush();
  await t.rejects(dispatcher.unregister(7n), { code: "EBUSY" });
  const queue = await dispatcher.unregister(9n);
  t.same([queue.scope, queue.published, queue.held], ["9", 1, 0]);
  dispatcher.push(bytes(callText(2, 701, 700)));
  const again = dispatcher.register({ name: "inner", contid: 9n, pid: 800, parent: 7n });
  dispatcher.push(bytes(callText(3, 801, 800)));
  await dispatcher.end();
  t.equal(dispatcher.queueOf(again).routed, 1);
  t.same(
    [...dispatcher.account.direct],
    [
      ["host", 1],
      ["web", 0],
      ["inner", 2],
    ],
  );
  t.same(problems(dispatcher), []);
});

t.test("while a frame waits for the bus, the next one is filled on", async (t) => {
  const bus = new ScriptedBus();
  const gate = new Turnstile();
  bus.answer = () => gate.pass().then(() => "stored");
  const dispatcher = new Dispatcher({ bus, onFull: "drop" });
  dispatcher.push(Buffer.from(userText(1)));
  dispatcher.flushIdle();
  for (const serial of [2, 3]) {
    dispatcher.push(Buffer.from(userText(serial)));
    dispatcher.flushIdle();
  }
  t.equal(dispatcher.queueOf(undefined).waiting, 1);
  gate.next();
  await dispatcher.queueOf(undefined).drained();
  dispatcher.flushIdle();
  gate.next();
  await dispatcher.queueOf(undefined).drained();
  t.same(bus.stored.map(serialsOf), [[1], [2, 3]]);
});
