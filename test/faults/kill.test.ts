// kill -9 at random instants of rotation-heavy writing: the log is as if there had been none.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { encode, simpleEvents } from "../../services/auditd/test/frames.ts";
import { draws } from "../../services/auditd/test/io/fault-disk.ts";

const INSTANCE = fileURLToPath(new URL("instance.mjs", import.meta.url));
const ROUNDS = Number(process.env["CAUDITD_KILL_ROUNDS"] ?? 10);
const SEED = Number(process.env["CAUDITD_KILL_SEED"] ?? Date.now() % 1_000_000);
/** In milliseconds; a round takes about two seconds. */
const TIMEOUT = 600_000 + ROUNDS * 5000;
/** Frames that a round offers at most, and those that are on the way at once. */
const FRAMES = 400;
const WINDOW = 4;

/** Frame n of the queue: the same each time that it is asked for. */
function frame(sequence: number): string {
  const events = simpleEvents(1 + ((sequence * 7) % 60), sequence * 100);
  return Buffer.from(encode("4", sequence, events)).toString("base64");
}

/** The queue of one scope, which outlives the instance. */
class Queue {
  acked = 0;

  /** Delivers what is not acknowledged, until `last` is, or the process ends. */
  async serve(child: ChildProcess, last: number): Promise<void> {
    let next = this.acked;
    const deliver = (): void => {
      while (next < last && next - this.acked < WINDOW && child.connected) {
        next++;
        child.send({ sequence: next, frame: frame(next) }, () => undefined);
      }
    };
    await new Promise<void>((resolve) => {
      child.on("message", ({ ack }: { ack?: number }) => {
        if (ack !== undefined) this.acked = Math.max(this.acked, ack);
        if (this.acked >= last) resolve();
        else deliver();
      });
      child.once("exit", () => resolve());
    });
  }
}

function start(t: Test, path: string): ChildProcess {
  const child = fork(INSTANCE, [path], {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  return child;
}

/** Everything that the logs hold, by name. */
function logs(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.startsWith("audit.log"));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(folder, name), "latin1")]),
  );
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

t.test(`kill -9 at ${ROUNDS} instants, seed ${SEED}`, { timeout: TIMEOUT }, async (t) => {
  const draw = draws(SEED);
  const folder = t.testdir({ killed: {}, whole: {} });
  const path = join(folder, "killed", "audit.log");
  const queue = new Queue();
  for (let round = 1; round <= ROUNDS; round++) {
    const child = start(t, path);
    const served = queue.serve(child, queue.acked + FRAMES);
    await once(child, "message");
    // An instant of the writing: behind so many acknowledgements, and a part of a millisecond.
    const until = queue.acked + draw(FRAMES / 4);
    while (queue.acked < until && child.connected) await once(child, "message");
    const spin = process.hrtime.bigint() + BigInt(draw(3_000_000));
    while (process.hrtime.bigint() < spin);
    await kill(child);
    await served;
  }
  const last = queue.acked + WINDOW;
  const child = start(t, path);
  await queue.serve(child, last);
  await kill(child);
  const whole = new Queue();
  const reference = start(t, join(folder, "whole", "audit.log"));
  await whole.serve(reference, last);
  await kill(reference);
  t.equal(queue.acked, last);
  t.same(logs(join(folder, "killed")), logs(join(folder, "whole")));
  t.equal(Object.keys(logs(join(folder, "killed"))).length, 5, "it was rotated");
  t.comment(`${last} frames`);
});
