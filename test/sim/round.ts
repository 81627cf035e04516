// One round of the simulation: faults are drawn, and what logs, streams and a consumer's file hold
// in the end is checked.
import { scopeProblem } from "@cauditd/kernel";
import {
  type Checkpoint,
  decodeSlot,
  SLOT_BYTES,
} from "../../services/auditd/src/io/checkpoint.ts";
import type { Draw, FaultDisk } from "../../services/auditd/test/io/fault-disk.ts";
import { takeClock } from "./clock.ts";
import { OUTPUT, READ } from "./consumer-process.ts";
import { eventsOf, logOf, SCOPES } from "./input.ts";
import type { Stored } from "./jetstream.ts";
import type { SimProcess } from "./process.ts";
import { TTL_MS, WorkerProcess } from "./worker-process.ts";
import { type Mutant, World } from "./world.ts";

/** Steps after which a round counts as one without an end. */
const MOST_STEPS = 40_000;
/** The same for what is left when nothing goes wrong any more. */
const LAST_STEPS = 20_000;
/** Virtual ms in which faults begin. */
const FAULTS_MS = 1500;

/** The logs that instances have in the end, by their names. */
const WANTED: ReadonlyMap<string, string> = new Map(
  [...SCOPES.keys()].map((name) => [name, logOf(name)]),
);

/** What a round came to. */
export interface Round {
  /** What is wrong; undefined for nothing. */
  readonly problem: string | undefined;
  /** Hash of every step. */
  readonly trace: string;
  readonly steps: number;
  /** How often each kind of fault has hit. */
  readonly hits: ReadonlyMap<string, number>;
}

/** Runs one round. @param quiet true: nothing goes wrong */
export async function round(seed: number, mutant?: Mutant, quiet = false): Promise<Round> {
  const world = new World(seed, mutant);
  const { scheduler } = world;
  // What was left to the event loop is done before the first step.
  await new Promise(setImmediate);
  const giveBack = takeClock(scheduler);
  try {
    const found = await course(world, quiet);
    const problem = world.broken === undefined ? found : (world.broken.stack ?? "an error");
    const { hash: trace, steps, hits } = scheduler;
    return { problem, trace, steps, hits };
  } finally {
    giveBack();
  }
}

async function course(world: World, quiet: boolean): Promise<string | undefined> {
  if (quiet) world.network.quiet = true;
  world.begin();
  if (!quiet) plan(world);
  if (!(await stepUntil(world, MOST_STEPS, () => world.isDone))) return "frames are left";
  world.end();
  if (!(await stepUntil(world, LAST_STEPS, () => isDelivered(world)))) {
    return check(world) ?? "a stream or a consumer does not come to its end";
  }
  world.stopping = true;
  return (await stop(world)) ?? check(world);
}

/** Ends all processes; what is wrong with that. One that dies on its way does not come back. */
async function stop(world: World): Promise<string | undefined> {
  const left = new Set(world.living);
  let problem: string | undefined;
  for (const process of left) {
    process.stop().then(
      () => left.delete(process),
      (error: unknown) => {
        if (world.scheduler.lives(process.who)) problem ??= `${process.name}: ${String(error)}`;
        left.delete(process);
      },
    );
  }
  const ended = () => [...left].every(({ who }) => !world.scheduler.lives(who));
  if (!(await stepUntil(world, LAST_STEPS, ended))) return "processes do not stop";
  return problem;
}

/** Makes steps until something is so; false when that takes too many. */
async function stepUntil(world: World, most: number, holds: () => boolean): Promise<boolean> {
  const { scheduler } = world;
  const limit = scheduler.steps + most;
  while (!holds() && world.broken === undefined) {
    if (scheduler.steps > limit || !(await scheduler.step())) return holds();
  }
  return world.broken === undefined;
}

/** Something that goes wrong; `places` are where a worker may stand still. */
type Fault = (world: World, process: SimProcess, places: readonly string[]) => void;
const FAULTS: readonly Fault[] = [
  ({ scheduler }, { who }) => scheduler.stall(who, TTL_MS + scheduler.draw(TTL_MS)),
  ...[1, 2, 3, 4].map(() => stallAtStep),
  ...[1, 2].map(() => crashAtWrite),
  ({ network, scheduler }, { who }) => network.silence(who, scheduler.draw(2 * TTL_MS)),
  ({ network, scheduler }, { who }) => network.break(who, scheduler.draw(TTL_MS)),
  (world) => world.step(world.scheduler.draw(2_000_000) - 1_000_000),
  (world) => world.restartServer(world.scheduler.draw(400)),
  (world) => world.fillStore(world.scheduler.draw(TTL_MS)),
  (world, process) => {
    if (world.settings.flush === "DATA") world.powerCut();
    else world.kill(process, 0);
  },
  ...[1, 2].map(() => (world: World, process: SimProcess) => {
    world.kill(process, world.scheduler.draw(400));
  }),
];

/** Where an owner has done one half of what it does: to its log, its stream, or its frames. */
const STALLS: readonly string[] = [
  ...["append", "writeAt", "rename", "open", "add consumer"],
  ...[
    "publish cauditd.v1.h1.events",
    "publish cauditd.v1.h1.owner",
    "publish cauditd.v1.h1.events",
  ],
];

/** A worker stands still in the middle of a step, for about as long as it takes another to own. */
function stallAtStep(world: World, { who }: SimProcess, places = STALLS): void {
  const { scheduler } = world;
  const workers = world.processes.filter((one) => one instanceof WorkerProcess);
  const worker = workers.find((one) => one.who === who) ?? workers[scheduler.draw(workers.length)];
  if (worker === undefined) return;
  const what = places[scheduler.draw(places.length)] ?? "append";
  const ms = TTL_MS - 60 + scheduler.draw(400);
  scheduler.at(worker.who, what, () => scheduler.stall(worker.who, ms));
}

/** Dies in the middle of a write, which is done in part. */
function crashAtWrite(world: World, process: SimProcess): void {
  const { draw } = world.scheduler;
  const log = ["append", "writeAt"];
  const writes = process instanceof WorkerProcess ? log : ["write", "write state"];
  const ms = draw(400);
  world.scheduler.at(process.who, writes[draw(2)] ?? "", () => world.kill(process, ms));
}

/** All of them, or a few: what shows when few kinds come often drowns among many. */
function some<T>(draw: Draw, all: readonly T[], most: number): readonly T[] {
  if (draw(2) === 0) return all;
  return Array.from({ length: 1 + draw(most) }, () => all[draw(all.length)] as T);
}

/** Draws what goes wrong, and when. */
function plan(world: World): void {
  const { scheduler, mutant } = world;
  const { draw } = scheduler;
  // What only an owner shows that stands still for about as long as its lease.
  const late = mutant === "claim behind the opening" || mutant === "acks count for ever";
  const stalls = late || mutant === "no fence";
  const kinds = stalls ? [stallAtStep] : some(draw, FAULTS, 3);
  const places = some(draw, STALLS, 2);
  for (let faults = 2 + draw(6); faults > 0; faults--) {
    const kind = kinds[draw(kinds.length)];
    scheduler.after(0, `fault ${kind?.name}`, 20 + draw(FAULTS_MS), () => {
      const all = world.processes;
      const process = all[draw(all.length)];
      if (world.ending || process === undefined || !scheduler.lives(process.who)) return;
      kind?.(world, process, places);
    });
  }
}

/** Streams and the consumer's file have as many bytes as they should, or more. */
function isDelivered(world: World): boolean {
  if ((world.files.get(OUTPUT)?.length ?? 0) < (WANTED.get(READ) ?? "").length) return false;
  for (const [name, wanted] of WANTED) {
    const batches = batchesOf(world, name);
    if (batches.reduce((sum, { data }) => sum + data.length, 0) < wanted.length) return false;
  }
  return true;
}

/** Every event once, in order, nothing foreign; the account obeys the law. */
function check(world: World): string | undefined {
  for (const [name, wanted] of WANTED) {
    const text = linesOf(world.disk, name);
    if (text !== wanted) return `${name}: ${text.length} bytes instead of ${wanted.length}`;
    const events = eventsOf(name);
    const account = checkpointOf(world.disk, name)?.account;
    if (account?.routed !== events || account.written !== events) {
      return `${name}: ${JSON.stringify(account)} instead of ${events} events`;
    }
    const law = scopeProblem(name, account);
    if (law !== undefined) return law;
    const stream = streamOf(world, name);
    if (stream !== wanted) return `stream of ${name}: ${stream.length} of ${wanted.length} bytes`;
  }
  const output = world.files.get(OUTPUT)?.toString("latin1") ?? "";
  const wanted = WANTED.get(READ) ?? "";
  return output === wanted ? undefined : `consumer: ${output.length} of ${wanted.length} bytes`;
}

function batchesOf(world: World, name: string): readonly Stored[] {
  return world.server.messages(`CAUDITD_h1_${SCOPES.get(name) ?? ""}`);
}

/** What is in the batches of a tenant's stream, one behind the other. */
function streamOf(world: World, name: string): string {
  return batchesOf(world, name)
    .map(({ data }) => Buffer.from(data).toString("latin1"))
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
