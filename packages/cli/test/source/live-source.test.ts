import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { AuditParser } from "@cauditd/auparse";
import t, { type Test } from "tap";
import { openSource } from "../../src/source/live-source.ts";
import { fakeIo } from "../fake-io.ts";
import { event } from "../records.ts";

/** Collects what a source pushes; `until` waits for a text. */
class Sink {
  readonly parser: AuditParser;
  readonly seen: number[] = [];
  #text = "";
  readonly #looking: Set<() => void> = new Set();

  constructor() {
    this.parser = new AuditParser((found) => this.seen.push(found.serial));
  }

  readonly push = (bytes: Uint8Array): undefined => {
    this.#text += Buffer.from(bytes).toString("latin1");
    this.parser.push(bytes);
    for (const look of this.#looking) look();
  };

  get text(): string {
    return this.#text;
  }

  until(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.#text.includes(text)) return;
        this.#looking.delete(look);
        resolve();
      };
      this.#looking.add(look);
      look();
    });
  }
}

/** A path that is short enough for a socket, wherever the tests are. */
function socketPath(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, "s");
}

/** Stands for auditd's af_unix plugin: listens on a socket, and hands out its connections. */
async function plugin(t: Test): Promise<{
  readonly path: string;
  readonly next: () => Promise<Socket>;
  readonly server: Server;
}> {
  const path = socketPath(t);
  const arrived: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => {
    const wanted = waiting.shift();
    if (wanted === undefined) arrived.push(socket);
    else wanted(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  const next = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = arrived.shift();
      if (socket === undefined) waiting.push(resolve);
      else resolve(socket);
    });
  return { path, next, server };
}

const EOE = "type=EOE msg=audit(1700000000.002:2): \n";
const first = event(1, 100);
const second = event(2, 100);
const third = event(3, 100);

t.test("what comes over the socket in pieces is whole, and a cut line is malformed", async (t) => {
  const { path, next } = await plugin(t);
  const { log, logged } = fakeIo();
  const source = await openSource({ type: "unix", path }, [{ name: "a", contid: 1n, pid: 9 }], log);
  t.strictSame(source.registrations, [{ name: "a", contid: 1n, pid: 9 }]);
  const sink = new Sink();
  const stop = new AbortController();
  const run = source.run(sink.push, stop.signal);

  const one = await next();
  const bytes = first + second + EOE;
  one.write(bytes.slice(0, 30));
  await sink.until(bytes.slice(0, 30));
  one.write(bytes.slice(30, 100));
  await sink.until(bytes.slice(0, 100));
  // The last line is cut where what is left of it looks like a record.
  const cut = third.slice(0, third.indexOf("items="));
  one.end(bytes.slice(100) + cut);
  const two = await next();
  two.write(third);
  await sink.until(third);
  stop.abort();
  await run;

  t.equal(sink.text.slice(0, bytes.length + cut.length), bytes + cut, "nothing is lost");
  sink.parser.end();
  t.same(sink.seen, [1, 2, 3]);
  t.equal(sink.parser.malformed.total, 1);
  t.match(sink.parser.malformed.samples[0]?.excerpt, cut.slice(0, 40));
  t.same(sink.parser.counts.records, 6, "the cut line is none of them");
  t.equal(sink.parser.counts.eoe, 1);
  const connected = "warn: audit socket: connected";
  t.same(logged, [connected, "warn: audit socket: connecting until it can be read", connected]);
});

t.test("a connection that ends behind a whole line leaves nothing malformed", async (t) => {
  const { path, next } = await plugin(t);
  const source = await openSource({ type: "unix", path }, [], fakeIo().log);
  const sink = new Sink();
  const stop = new AbortController();
  const run = source.run(sink.push, stop.signal);
  (await next()).end(first);
  (await next()).end(second);
  await next();
  stop.abort();
  await run;
  t.equal(sink.text, first + second);
});

t.test("a stop in the middle of a line leaves no half record", async (t) => {
  const { path, next } = await plugin(t);
  const source = await openSource({ type: "unix", path }, [], fakeIo().log);
  const sink = new Sink();
  const stop = new AbortController();
  const run = source.run(sink.push, stop.signal);
  const cut = first.slice(0, 120);
  (await next()).write(cut);
  await sink.until(cut);
  stop.abort();
  await run;
  sink.parser.end();
  t.same([sink.seen, sink.parser.malformed.total], [[], 1]);
});

t.test("a socket that is not there yet is tried again, and told of once", async (t) => {
  const path = socketPath(t);
  const { log } = fakeIo();
  const stop = new AbortController();
  const told: object[] = [];
  let look = (): void => undefined;
  const toldOf = (count: number): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (told.length === count) resolve();
      };
      look();
    });
  log.warn = (details, _text) => {
    told.push(details);
    look();
  };
  const source = await openSource({ type: "unix", path }, [], log);
  t.equal(source.problem, `${path}: it has not been connected to`);
  const run = source.run(() => undefined, stop.signal);
  await toldOf(1);
  t.equal(source.problem, `${path}: no such file or folder (ENOENT)`);
  const arrived = new Promise<Socket>((resolve) => {
    const server = createServer(resolve);
    t.teardown(() => server.close());
    server.listen(path);
  });
  const socket = await arrived;
  await toldOf(2);
  t.equal(source.problem, undefined);
  socket.destroy();
  stop.abort();
  await run;
  t.same(told, [{ path, problem: "no such file or folder (ENOENT)" }, { path }]);
});

t.test("stdin is read until it ends", async (t) => {
  const stdin = new PassThrough();
  t.intercept(process, "stdin", { value: stdin });
  const source = await openSource({ type: "stdin" }, [], fakeIo().log);
  const sink = new Sink();
  const run = source.run(sink.push, new AbortController().signal);
  stdin.write(first.slice(0, 50));
  stdin.end(first.slice(50));
  await run;
  t.equal(sink.text, first);
});

t.test("a stop ends the wait for stdin", async (t) => {
  const stdin = new PassThrough();
  t.intercept(process, "stdin", { value: stdin });
  const source = await openSource({ type: "stdin" }, [], fakeIo().log);
  const sink = new Sink();
  const stop = new AbortController();
  const run = source.run(sink.push, stop.signal);
  stdin.write(first);
  await sink.until(first);
  stop.abort();
  await t.resolves(run);
  t.ok(stdin.destroyed);
});

t.test("an error of stdin ends the run with it", async (t) => {
  const stdin = new PassThrough();
  t.intercept(process, "stdin", { value: stdin });
  const source = await openSource({ type: "stdin" }, [], fakeIo().log);
  const run = source.run(() => undefined, new AbortController().signal);
  stdin.destroy(new Error("read EIO"));
  await t.rejects(run, { message: "read EIO" });
});

t.test("the simulator registers the containers, and its rate is events in a second", async (t) => {
  const containers = [
    { name: "web", contid: 1n },
    { name: "in", contid: 2n, parent: 1n },
  ];
  const config = { type: "simulator", seed: 7, rate: 1000 } as const;
  const source = await openSource(config, containers, fakeIo().log);
  t.match(source.registrations, [
    { name: "web", contid: 1n, pid: Number },
    { name: "in", contid: 2n, pid: Number, parent: 1n },
  ]);
  const sink = new Sink();
  const stop = new AbortController();
  const started = performance.now();
  await source.run((bytes) => {
    sink.push(bytes);
    if (sink.seen.length >= 200) stop.abort();
  }, stop.signal);
  const seconds = (performance.now() - started) / 1000;
  t.ok(seconds > 0.1, `200 events of 1000 in a second took ${seconds} s`);
  sink.parser.end();
  t.equal(sink.parser.malformed.total, 0);
});
