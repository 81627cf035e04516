import type { Followed } from "@cauditd/client";
import { EmulatedHost } from "@cauditd/simulator";
import t from "tap";
import type { LoadReport } from "../src/load-report.ts";
import { type LoadOptions, LoadRun } from "../src/load-run.ts";

/** Gives way without a clock. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A node that hands every event of the host on, or that `loses` it, or counts it as `filtered`. */
function loopback(fate: (serial: number) => "seen" | "lost" | "gone" | "filtered") {
  const arrived: Followed[] = [];
  let [serial, lines, filtered] = [0, 0, 0];
  let before = "";
  const write = async (text: string): Promise<void> => {
    for (const line of text.trimEnd().split("\n")) {
      lines++;
      const [, stamp = "", number = ""] = /audit\(([0-9.]+):([0-9]+)\)/.exec(line) ?? [];
      if (number === before) continue;
      before = number;
      const end = fate(Number(number));
      if (end === "filtered") filtered++;
      if (end === "seen" || end === "lost") serial++;
      if (end === "lost") {
        arrived.push({ gap: { generation: 1, first: serial, last: serial, events: 1 } });
      }
      if (end !== "seen") continue;
      const time = Math.round(Number(stamp) * 1000);
      arrived.push({ event: { generation: 1, serial, time, node: "", records: [] } });
    }
  };
  async function* follow(signal: AbortSignal): AsyncGenerator<Followed, void, void> {
    while (!signal.aborted) {
      yield* arrived.splice(0);
      await pause();
    }
  }
  const counters = async () => new Map([["host", { filtered, lost: 0 }]]);
  return { sink: { write }, follow, counters, lines: () => lines };
}

function run(
  node: ReturnType<typeof loopback>,
  more: Partial<LoadOptions> = {},
): Promise<LoadReport> {
  const host = new EmulatedHost({
    seed: 3,
    startTimeMs: Date.now(),
    containers: [
      { name: "web", contid: 1n, pid: 4000 },
      { name: "inner", contid: 2n, parent: 1n },
    ],
  });
  const scopes = [{ name: "host", scope: "host", follow: node.follow }];
  const { sink } = node;
  const times = { rate: 2000, seconds: 0.1, wait: 0.2, stop: new AbortController().signal };
  return new LoadRun({ host, sink, scopes, ...times, pause, ...more }).run();
}

t.test("every event that was sent is seen", async (t) => {
  const node = loopback(() => "seen");
  const { events, seconds, rate, scopes, problems, latency } = await run(node);
  t.same(problems, []);
  t.match(scopes, [{ name: "host", sent: events, seen: events, missing: 0, others: 0 }]);
  t.ok(events > 100 && events < 400, `${events} events`);
  t.ok(seconds >= 0.1 && rate > 500 && rate <= 2000, `${rate} a second`);
  t.ok(latency !== undefined && latency.p50 >= 0);
  t.ok(node.lines() > events);
});

t.test("losses that serials tell add up, those that nobody tells do not", async (t) => {
  const told = await run(loopback((serial) => (serial % 10 === 0 ? "lost" : "seen")));
  t.same(told.problems, []);
  t.ok((told.scopes[0]?.missing ?? 0) > 10);
  const untold = await run(loopback((serial) => (serial === 50 ? "gone" : "seen")));
  t.match(untold.problems, [/^host: (\d+) events sent, but \d+ seen, 0 lost and 0 filtered$/]);
});

t.test("what rules have filtered is asked for", async (t) => {
  const fate = (serial: number) => (serial % 2 === 0 ? "filtered" : "seen");
  const node = loopback(fate);
  const { problems, scopes } = await run(node, { counters: node.counters });
  t.same(problems, []);
  t.ok((scopes[0]?.counted?.filtered ?? 0) > 50);
  t.equal((await run(loopback(fate))).problems.length, 1, "unless nobody can be asked");
});

t.test("counters that have begun again are not believed", async (t) => {
  let looks = 0;
  const counters = async () => new Map([["host", { filtered: 10 - looks++, lost: 0 }]]);
  const { scopes, problems } = await run(
    loopback(() => "seen"),
    { counters },
  );
  t.equal(scopes[0]?.counted, undefined);
  t.same(problems, []);
});

t.test("an event of a nested container is awaited in every scope around it", async (t) => {
  const node = loopback(() => "gone");
  const scopes = ["host", "1", "2"].map((scope) => ({ name: scope, scope, follow: node.follow }));
  const { scopes: results, events } = await run(node, { scopes });
  const [host = 0, web = 0, inner = 0] = results.map(({ sent }) => sent);
  t.equal(host, events);
  t.ok(host > web && web > inner && inner > 0, `${host} ${web} ${inner}`);
});

t.test("a signal ends the sending; what was sent is awaited", async (t) => {
  const stop = new AbortController();
  const node = loopback(() => "seen");
  const sink = {
    write: async (text: string) => {
      await node.sink.write(text);
      stop.abort();
    },
  };
  const { events, problems } = await run(node, { sink, seconds: 3600, stop: stop.signal });
  t.ok(events > 0);
  t.same(problems, []);
});

t.test("an end that fails ends the run: the sink's, and that of what is followed", async (t) => {
  const sink = { write: () => Promise.reject(new Error("sink")) };
  await t.rejects(
    run(
      loopback(() => "seen"),
      { sink },
    ),
    { message: "sink" },
  );
  // biome-ignore lint/correctness/useYield: it fails before
  async function* follow(): AsyncGenerator<Followed, void, void> {
    throw new Error("log");
  }
  const scopes = [{ name: "host", scope: "host", follow }];
  await t.rejects(
    run(
      loopback(() => "seen"),
      { scopes, seconds: 60 },
    ),
    { message: "log" },
  );
});

t.test("a node that takes its time: what was due is told, and not caught up with", async (t) => {
  const node = loopback(() => "seen");
  let writes = 0;
  const sink = {
    write: async (text: string) => {
      await node.sink.write(text);
      const until = performance.now() + (writes++ === 0 ? 400 : 0);
      while (performance.now() < until) await pause();
    },
  };
  const { behind, problems } = await run(node, { sink, rate: 1000, seconds: 0.5 });
  t.ok(behind >= 100 && behind < 500, `${behind}`);
  t.same(problems, []);
});
