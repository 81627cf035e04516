import { mock } from "node:test";
import { decodeFrame, EVENT_WORDS, MemoryBus, MemoryKeys, SCOPES_KEY } from "@cauditd/bus";
import { decodeScopes } from "@cauditd/kernel";
import t, { type Test } from "tap";
import { HostBook } from "../../src/service/host-book.ts";
import { DispatcherService, type RecordSource } from "../../src/service/service.ts";
import { ScriptedBus, serialsOf, userText } from "../records.ts";

const WEB = { name: "web", contid: 4n, pid: 4000 };

class Told {
  readonly texts: string[] = [];
  readonly warn = (_details: object, text: string): void => {
    this.texts.push(text);
  };
  readonly error = this.warn;
}

function text(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => userText(from + i)).join("");
}

/** A log of so many events, in pieces. */
function logOf(events: number, id: string | undefined = "log"): RecordSource {
  return {
    id,
    async run(push, stop) {
      for (let serial = 1; serial <= events && !stop.aborted; serial += 10) {
        await push(Buffer.from(text(serial, Math.min(events, serial + 9))));
      }
    },
  };
}

const forever = new AbortController().signal;

async function scopesOf(keys: MemoryKeys): Promise<string[]> {
  const value = (await keys.open().get(SCOPES_KEY))?.value;
  return decodeScopes(value ?? Buffer.from("[]")).map(({ name }) => name);
}

t.test("the workers are told the scopes, and a log goes to the bus as a whole", async (t) => {
  const keys = new MemoryKeys();
  const book = await HostBook.open(keys.open(), () => 1);
  const bus = new ScriptedBus();
  const told = new Told();
  const options = { bus, book, source: logOf(95), containers: [WEB], told };
  const service = await DispatcherService.start(options);
  t.same(await scopesOf(keys), ["host", "web"]);
  await service.run(forever);
  const serials = Array.from({ length: 95 }, (_, i) => i + 1);
  t.same(bus.of("4").flatMap(serialsOf), serials);
  t.same(bus.of("host").flatMap(serialsOf), serials);
  t.same(told.texts, []);
});

t.test("the next life of a dispatcher goes on behind what is stored, with a log", async (t) => {
  const keys = new MemoryKeys();
  const first = new ScriptedBus();
  const begin = async (bus: ScriptedBus, events: number, id?: string) => {
    const book = await HostBook.open(keys.open(), () => 1);
    const source = logOf(events, id);
    return DispatcherService.start({ bus, book, source, containers: [WEB], told: new Told() });
  };
  await (await begin(first, 40)).run(forever);
  const second = new ScriptedBus();
  await (await begin(second, 60)).run(forever);
  t.same(second.of("4").flatMap(serialsOf)[0], 41);
  t.same(second.of("4").flatMap(serialsOf).length, 20);
  t.match(second.sources[0], { id: "log", first: 41, last: 60 });
  const third = new ScriptedBus();
  await (await begin(third, 30, "other")).run(forever);
  t.same(third.of("4").flatMap(serialsOf).length, 30, "another log begins at its start");
});

/** An event of two records, which waits for what follows behind either. */
function callText(serial: number): string[] {
  const stamp = `msg=audit(1700000000.123:${serial})`;
  return [`type=SYSCALL ${stamp}: pid=4000 ppid=1\n`, `type=CWD ${stamp}: cwd="/"\n`];
}

/** A log that hands out these pieces; told before each. */
function pieces(
  texts: readonly string[],
  before: (index: number) => void = () => {},
): RecordSource {
  return {
    id: "log",
    async run(push, stop) {
      for (const [index, piece] of texts.entries()) {
        before(index);
        if (stop.aborted) return;
        await push(Buffer.from(piece));
      }
    },
  };
}

/** Serials and records of the events that several lives of a dispatcher make of these sources. */
async function lives(t: Test, runs: readonly [RecordSource, AbortSignal][]): Promise<string[]> {
  const keys = new MemoryKeys();
  const seen: string[] = [];
  for (const [source, signal] of runs) {
    const bus = new ScriptedBus();
    const book = await HostBook.open(keys.open(), () => 1);
    const told = new Told();
    const service = await DispatcherService.start({ bus, book, source, containers: [WEB], told });
    await service.run(signal);
    t.same(told.texts, []);
    const frames = bus.of("4");
    for (const { events } of frames) {
      for (let e = 0; e < events.length; e += EVENT_WORDS) {
        seen.push(`${events[e + 1]}: ${(events[e + 2] as number) >>> 16}`);
      }
    }
  }
  return seen;
}

t.test("a stop in the middle of an event leaves it to the next life", async (t) => {
  const texts = [5, 6, 7].map(callText);
  const [[a = "", b = ""] = [], [c = "", d = ""] = [], [e = "", f = ""] = []] = texts;
  const interleaved = [a, c, b, e, d, f];
  const stop = new AbortController();
  const stopped = pieces(interleaved, (index) => index === 4 && stop.abort());
  const seen = await lives(t, [
    [stopped, stop.signal],
    [pieces(interleaved), forever],
  ]);
  t.same(seen, ["5: 2", "6: 2", "7: 2"]);
});

t.test("what was over once, and has grown, is counted as it was then", async (t) => {
  const [[a = "", b = ""] = [], [c = "", d = ""] = [], [e = "", f = ""] = []] = [5, 6, 7].map(
    callText,
  );
  const seen = await lives(t, [
    [pieces([a, c, b]), forever],
    [pieces([a, c, b, d, e]), forever],
    [pieces([a + c + b + d + e + f]), forever],
  ]);
  t.same(seen, ["5: 2", "6: 1", "6: 1", "7: 1", "7: 1"]);
});

t.test("containers that were registered live are known to the next life", async (t) => {
  const keys = new MemoryKeys();
  const start = async () => {
    const bus = new MemoryBus({ frames: 8, bytes: 100_000 });
    const book = await HostBook.open(keys.open(), () => 1);
    const source = logOf(0, undefined);
    const options = { bus, book, source: { run: source.run }, containers: [WEB], told: new Told() };
    return { bus, service: await DispatcherService.start(options) };
  };
  const first = await start();
  const cache = { name: "cache", contid: 5n, pid: 5000, parent: 4n };
  const container = await first.service.register(cache, "engine");
  await first.service.adopt(container, 5001);
  t.same(await scopesOf(keys), ["host", "web", "cache"]);
  await t.rejects(first.service.register(cache), { code: "EEXIST" });
  const second = await start();
  t.equal(second.service.dispatcher.containerOf(5001)?.name, "cache");
  const found = second.service.dispatcher.registry.find(5n);
  t.same(found && second.service.tasksOf(found), [5000, 5001]);
  t.same(second.service.dispatcher.registry.named("cache")?.chain, [5n, 4n]);
  t.same([...second.service.owners.values()], ["engine"]);
  await t.rejects(first.service.adopt(container, 5002), { code: "EOWNERDEAD" });
  const ended: string[] = [];
  await second.service.end(5n, async ({ scope }) => void ended.push(scope));
  t.same(ended, ["5"]);
  t.same(await scopesOf(keys), ["host", "web"]);
});

t.test("the containers of a log are those of the configuration", async (t) => {
  const book = await HostBook.open(new MemoryKeys().open(), () => 1);
  const bus = new ScriptedBus();
  const options = { bus, book, source: logOf(1), containers: [WEB], told: new Told() };
  const service = await DispatcherService.start(options);
  const cache = { name: "cache", contid: 5n, pid: 5000 };
  await t.rejects(service.register(cache), { code: "EOPNOTSUPP" });
  await t.rejects(
    service.end(4n, async () => undefined),
    { code: "EOPNOTSUPP" },
  );
});

t.test("a live source is cut into frames in time, and a stop lets the last ones go", async (t) => {
  const book = await HostBook.open(new MemoryKeys().open(), () => 1);
  const bus = new MemoryBus({ frames: 8, bytes: 100_000 });
  const stop = new AbortController();
  const source: RecordSource = {
    async run(push, signal) {
      await push(Buffer.from(text(1, 3)));
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await push(Buffer.from(text(4, 4)));
    },
  };
  const service = await DispatcherService.start({
    bus,
    book,
    source,
    containers: [],
    told: new Told(),
  });
  const seen: number[] = [];
  await bus.subscribe("host", { window: 8 }, ({ frame, ack }) => {
    seen.push(...serialsOf(decodeFrame(frame)));
    ack();
    if (seen.length === 3) stop.abort();
  });
  await service.run(stop.signal);
  await new Promise(setImmediate);
  t.same(seen, [1, 2, 3, 4]);
});

t.test("an outage of the key store is told once, and once that it is over", async (t) => {
  const book = await HostBook.open(new MemoryKeys().open(), () => 1);
  const told = new Told();
  mock.timers.enable({ apis: ["setInterval"] });
  t.teardown(() => mock.timers.reset());
  const checks: Answer[] = [];
  const second = async (): Promise<void> => {
    mock.timers.tick(1000);
    await new Promise(setImmediate);
  };
  const source: RecordSource = {
    async run() {
      await second();
      await second();
      t.equal(checks.length, 1, "the first has no answer yet");
      for (const problem of [new Error("away"), new Error("away"), undefined, undefined]) {
        if (problem === undefined) checks.at(-1)?.resolve();
        else checks.at(-1)?.reject(problem);
        await new Promise(setImmediate);
        await second();
      }
      t.equal(checks.length, 5);
      book.check = async () => undefined;
    },
  };
  const options = { bus: new ScriptedBus(), book, source, containers: [], told };
  const service = await DispatcherService.start(options);
  book.check = () => {
    const check = unanswered();
    checks.push(check);
    return check.promise;
  };
  await service.run(forever);
  t.same(told.texts, ["the key store does not answer", "the key store answers again"]);
});

interface Answer {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function unanswered(): Answer {
  let [resolve, reject]: [() => void, (error: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<void>((done, failed) => {
    [resolve, reject] = [done, failed];
  });
  return { promise, resolve, reject };
}
