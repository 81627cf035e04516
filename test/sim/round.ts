// One round of the simulation: faults are drawn, and what the logs hold in the end is checked.
import { scopeProblem } from "@cauditd/kernel";
import {
  type Checkpoint,
  decodeSlot,
  SLOT_BYTES,
} from "../../services/auditd/src/io/checkpoint.ts";
import type { FaultDisk } from "../../services/auditd/test/io/fault-disk.ts";
import { TTL_MS } from "./worker-process.ts";
import { type Mutant, SCOPES, World } from "./world.ts";

/** Steps after which a round counts as one without an end. */
const MOST_STEPS = 60_000;

/** What a round came to. */
export interface Round {
  /** What is wrong; undefined for nothing. */
  readonly problem: string | undefined;
  /** Hash of every step. */
  readonly trace: string;
  readonly steps: number;
}

/** Runs one round. @param quiet true: nothing goes wrong */
export async function round(seed: number, mutant?: Mutant, quiet = false): Promise<Round> {
  const world = new World(seed, mutant);
  const { scheduler } = world;
  await world.begin();
  if (!quiet) plan(world);
  const isDone = (): boolean => [...world.queues.values()].every(({ empty }) => empty);
  let problem: string | undefined;
  while (problem === undefined && !isDone() && (await scheduler.step())) {
    if (scheduler.steps > MOST_STEPS) problem = "frames are left";
  }
  let stopped = false;
  const stops = Promise.all(world.end().map((process) => process.stop())).then(() => {
    stopped = true;
  });
  while (problem === undefined && !stopped && (await scheduler.step())) {
    if (scheduler.steps > 2 * MOST_STEPS) problem = "workers do not stop";
  }
  if (problem === undefined) await stops;
  problem ??= check(world.disk);
  return { problem, trace: scheduler.hash, steps: scheduler.steps };
}

/** Draws what goes wrong, and when. */
function plan(world: World): void {
  const { scheduler } = world;
  const { draw } = scheduler;
  for (let faults = 2 + draw(5); faults > 0; faults--) {
    const kind = [0, 1, 2, 2, 2, 3, 4, 5][draw(8)];
    scheduler.after(0, `fault ${kind}`, 20 + draw(900), () => {
      const process = world.processes[draw(world.processes.length)];
      if (world.ending || process === undefined || !scheduler.lives(process.who)) return;
      if (kind === 0) world.kill(process, draw(400));
      else if (kind === 1) scheduler.stall(process.who, TTL_MS + draw(TTL_MS));
      else if (kind === 2) {
        // About as long as another takes to be the owner.
        const what = ["append", "writeAt", "rename", "open"][draw(4)] ?? "append";
        scheduler.stallAt(process.who, what, TTL_MS - 60 + draw(200));
      } else if (kind === 3) world.cut(process, draw(2 * TTL_MS));
      else if (kind === 4) world.step(draw(2_000_000) - 1_000_000);
      else if (world.settings.flush === "DATA") world.powerCut();
      else world.kill(process, 0);
    });
  }
}

/** Every event once, in order, nothing foreign; the account obeys the law. */
function check(disk: FaultDisk): string | undefined {
  for (const { name, frames } of SCOPES) {
    const text = linesOf(disk, name);
    const wanted = expected(frames);
    if (text !== wanted) return `${name}: ${text.length} bytes instead of ${wanted.length}`;
    const events = frames.reduce<number>((sum, count) => sum + count, 0);
    const account = checkpointOf(disk, name)?.account;
    if (account?.routed !== events || account.written !== events) {
      return `${name}: ${JSON.stringify(account)} instead of ${events} events`;
    }
    const law = scopeProblem(name, account);
    if (law !== undefined) return law;
  }
  return undefined;
}

function expected(frames: readonly number[]): string {
  let serial = 0;
  return frames
    .flatMap((events) =>
      Array.from({ length: events }, (_, n) => {
        serial++;
        return `type=USER_CMD msg=audit(1700000000.123:${serial}): pid=1 msg='n=${n}'\n`;
      }),
    )
    .join("");
}

function linesOf(disk: FaultDisk, name: string): string {
  const log = `/logs/${name}/audit.log`;
  const paths = [...disk.names.keys()].filter((path) => path.startsWith(log));
  const number = (path: string): number => Number(path.slice(log.length + 1) || 0);
  paths.sort((a, b) => number(b) - number(a));
  return paths.map((path) => disk.text(path) ?? "").join("");
}

function checkpointOf(disk: FaultDisk, name: string): Checkpoint | undefined {
  const bytes = Buffer.from(disk.text(`/logs/${name}/.checkpoint`) ?? "", "latin1");
  const slots = [0, SLOT_BYTES].map((at) => decodeSlot(bytes.subarray(at, at + SLOT_BYTES)));
  const found = slots.filter((slot) => slot !== undefined);
  return found.sort((a, b) => b.number - a.number)[0]?.checkpoint;
}
