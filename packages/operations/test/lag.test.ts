import type { ConsumerLag } from "@cauditd/bus";
import t from "tap";
import { Lag } from "../src/lag.ts";
import { instanceStats, processStats, queueStats } from "./process-stats.ts";

const STREAM = { events: 1, behind: 0, missed: 0, failures: 0 };
const MAIN: ConsumerLag = { name: "main", pending: 3, unacknowledged: 1 };
const STATS = processStats({
  queues: [queueStats(), queueStats({ name: "db", scope: "1002" })],
  instances: [instanceStats({ stream: STREAM }), instanceStats({ name: "db", scope: "1002" })],
});

/** A server that is there, or not. */
class Server {
  away = false;
  requests = 0;
  readonly told: string[] = [];
  time = 0;

  lag(every = 1000): Lag {
    const asked = async <T>(answer: T): Promise<T> => {
      this.requests++;
      if (this.away) throw new Error("away");
      return answer;
    };
    return new Lag({
      bus: { waiting: () => asked(new Map([["1001", 7]])) },
      streams: { lag: (scope) => asked(scope === "1001" ? [MAIN] : []) },
      scopes: () => ["1001", "1002"],
      told: { warn: (_, text) => this.told.push(text) },
      every,
      now: () => this.time,
    });
  }
}

t.test("frames and readers that wait are told with what the process tells", async (t) => {
  const server = new Server();
  const lag = server.lag();
  t.equal(lag.in(STATS), STATS, "before the first look nothing is known");
  await lag.look();
  t.equal(server.requests, 3, "one for all frames, one for each stream");
  const { queues, instances } = lag.in(STATS);
  t.match(queues, [{ waiting: 7 }, { waiting: 0 }]);
  t.same(instances[0]?.stream, { ...STREAM, consumers: [MAIN] });
  t.equal(instances[1]?.stream, undefined);
});

t.test("what a server that is away said is forgotten, and its absence told once", async (t) => {
  const server = new Server();
  const lag = server.lag();
  await lag.look();
  server.away = true;
  await lag.look();
  await lag.look();
  t.equal(lag.in(STATS), STATS);
  t.same(server.told, ["the lag of readers is not known"]);
  server.away = false;
  await lag.look();
  t.equal(lag.in(STATS).queues[0]?.waiting, 7);
});

t.test("what is older than two looks is not told: the next one hangs", async (t) => {
  const server = new Server();
  const lag = server.lag(1000);
  await lag.look();
  server.time = 2000;
  t.equal(lag.in(STATS).queues[0]?.waiting, 7);
  server.time = 2001;
  t.equal(lag.in(STATS), STATS);
});

t.test("it looks again and again until it is closed", async (t) => {
  let looks = 0;
  let enough = (): void => undefined;
  const third = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const waiting = async () => {
    if (++looks === 3) enough();
    return new Map<string, number>();
  };
  const told = { warn: () => undefined };
  const lag = new Lag({ bus: { waiting }, scopes: () => [], told, every: 1 }).start();
  // Its timer alone keeps no process.
  const alive = setInterval(() => undefined, 1000);
  await third;
  clearInterval(alive);
  lag.close();
  await lag.look();
  t.equal(looks, 4, "the last by hand");
});
