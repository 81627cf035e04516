import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type Batch,
  DEFAULT_LOG_SETTINGS,
  InstanceLog,
  type LogSettings,
  type Mark,
} from "@cauditd/auditd";
import { newScopeAccount } from "@cauditd/kernel";
import t from "tap";
import { Gate } from "../file-handle.ts";
import { Told } from "../hand-bus.ts";
import { diskError, FaultDisk, type Step } from "./fault-disk.ts";

const LOG = "/logs/audit.log";

function settings(changes: Partial<LogSettings> = {}): LogSettings {
  return { ...DEFAULT_LOG_SETTINGS, sizeAction: "ROTATE", numLogs: 3, ...changes };
}

function open(disk: FaultDisk, changes: Partial<LogSettings> = {}, told = new Told()) {
  return InstanceLog.open(LOG, { disk, settings: settings(changes), log: told });
}

/** Makes batches whose serials and accounts go on. */
class Batches {
  #serial = 0;
  #sequence = 0;

  next(events: number): Batch {
    const account = { ...newScopeAccount(), lost: { ...newScopeAccount().lost } };
    let text = "";
    for (let i = 0; i < events; i++) text += `type=A msg=audit(1.000:${++this.#serial}): x\n`;
    account.routed = account.inFlight = this.#serial;
    const mark: Mark = {
      epoch: "one",
      sequence: ++this.#sequence,
      serial: this.#serial,
      account,
      owed: [],
    };
    return { bytes: Buffer.from(text, "latin1"), events, mark };
  }
}

function serialsOf(disk: FaultDisk, path = LOG): number[] {
  const lines = (disk.text(path) ?? "").split("\n").slice(0, -1);
  return lines.map((line) => Number(/:(\d+)\)/.exec(line)?.[1]));
}

t.test("what waits is written together, and answered each for itself", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk);
  const made = new Batches();
  let appends = 0;
  disk.fault = ({ kind }) => {
    if (kind === "append") appends++;
    return undefined;
  };
  const outcomes = await Promise.all([2, 3, 0, 4].map((events) => log.append(made.next(events))));
  t.same(
    outcomes,
    [2, 3, 0, 4].map((written) => ({ written, lost: 0 })),
  );
  t.same(serialsOf(disk), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.ok(appends < 4, `${appends} writes`);
  t.match(log.mark, { sequence: 4, serial: 9, account: { routed: 9, written: 9, inFlight: 0 } });
  await log.close();
});

t.test("what went into a log that was removed meanwhile is written again", async (t) => {
  const disk = new FaultDisk();
  const told = new Told();
  const log = await open(disk, { maxBytes: 60 }, told);
  const made = new Batches();
  await log.append(made.next(1));
  let removed = 0;
  disk.fault = ({ kind, path }) => {
    // Between the look at its name and the write; a rotated file stays.
    if (kind === "append" && removed < 2) {
      removed++;
      disk.names.delete(path);
    }
    return undefined;
  };
  t.same(await log.append(made.next(6)), { written: 6, lost: 0 });
  const kept = [`${LOG}.2`, `${LOG}.1`, LOG].flatMap((path) => serialsOf(disk, path));
  t.same(kept, [2, 3, 4, 5, 6, 7], "the first went with the file that somebody removed");
  t.equal(told.texts.length, 2);
  t.match(log.mark, { serial: 7, account: { written: 7, lost: { disk: 0 } } });
  await log.close();
});

t.test("a folder that was just removed costs none of the events behind it", async (t) => {
  const path = join(t.testdir({}), "web/audit.log");
  const log = await InstanceLog.open(path, { settings: settings(), log: new Told() });
  const made = new Batches();
  await log.append(made.next(1));
  for (let round = 0; round < 3; round++) {
    rmSync(dirname(path), { recursive: true });
    t.same(await log.append(made.next(2)), { written: 2, lost: 0 });
    const serials = readFileSync(path, "latin1").match(/(?<=:)\d+(?=\))/g);
    t.same(serials, [2 * round + 2, 2 * round + 3].map(String));
  }
  await log.close();
});

t.test("what cannot be kept from being removed is lost (disk)", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk);
  const made = new Batches();
  disk.fault = ({ kind, path }) => {
    if (kind === "append") disk.names.delete(path);
    return undefined;
  };
  t.same(await log.append(made.next(2)), { written: 0, lost: 2 });
  disk.fault = () => undefined;
  t.same(await log.append(made.next(2)), { written: 2, lost: 0 });
  t.same(serialsOf(disk), [3, 4]);
  await log.close();
});

t.test("large batches are not copied together", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk);
  const made = new Batches();
  await Promise.all([log.append(made.next(5000)), log.append(made.next(5000))]);
  t.equal(serialsOf(disk).length, 10_000);
  await log.close();
});

t.test("a full disk: whole events stay, the rest is lost, and nothing more comes", async (t) => {
  const disk = new FaultDisk();
  const told = new Told();
  const log = await open(disk, {}, told);
  const made = new Batches();
  await log.append(made.next(2));
  disk.capacity = disk.used() + 100;
  const [a, b] = await Promise.all([log.append(made.next(2)), log.append(made.next(4))]);
  t.same(
    [a, b],
    [
      { written: 2, lost: 0 },
      { written: 1, lost: 3 },
    ],
  );
  t.same(serialsOf(disk), [1, 2, 3, 4, 5]);
  t.match(log.state, { suspended: true, failure: { code: "ENOSPC" } });
  t.same(await log.append(made.next(1)), { written: 0, lost: 1 });
  t.same(told.texts, ["cannot write the log"], "told once");
  t.match(log.mark, { sequence: 4, account: { routed: 9, written: 5, lost: { disk: 4 } } });
  t.equal(await log.resume(), true);
  disk.capacity = 1e9;
  t.same(await log.append(made.next(1)), { written: 1, lost: 0 });
  t.same(serialsOf(disk), [1, 2, 3, 4, 5, 10], "the gap is what was lost");
  await log.close();
  const again = await open(disk);
  t.match(again.recovered, { serial: 10, account: { written: 6, lost: { disk: 4 } } });
});

t.test("AUD-133: SUSPEND by size; resuming suspends again while the log is as large", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk, { maxBytes: 60, sizeAction: "SUSPEND" });
  const made = new Batches();
  t.same(await log.append(made.next(5)), { written: 3, lost: 2 });
  t.equal(log.state.suspended, true);
  t.equal(log.state.failure, undefined);
  t.equal(await log.resume(), false);
  t.same(await log.append(made.next(1)), { written: 0, lost: 1 });
  t.same(serialsOf(disk), [1, 2, 3]);
  await log.close();
});

t.test("AUD-130: with num_logs 0 or 1 nothing rotates, by size or when asked", async (t) => {
  for (const numLogs of [0, 1]) {
    const disk = new FaultDisk();
    const log = await open(disk, { maxBytes: 0, numLogs });
    await log.append(new Batches().next(4));
    t.equal(await log.rotate(), false);
    t.same(serialsOf(disk), [1, 2, 3, 4]);
    await log.close();
  }
});

t.test("rotating when asked leaves an empty log, and the next batch goes there", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk);
  const made = new Batches();
  await log.append(made.next(2));
  t.equal(await log.rotate(), true);
  t.match(log.state, { size: 0, rotations: 1 });
  await log.append(made.next(1));
  t.same([serialsOf(disk, `${LOG}.1`), serialsOf(disk)], [[1, 2], [3]]);
  await log.close();
});

t.test("a rotation that fails suspends; resuming takes it up", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk, { maxBytes: 60 });
  const made = new Batches();
  disk.fault = ({ kind, path }) => (kind === "rename" ? diskError("EROFS", path) : undefined);
  t.same(await log.append(made.next(5)), { written: 3, lost: 2 });
  t.match(log.state, { suspended: true, failure: { code: "EROFS" } });
  disk.fault = () => undefined;
  t.equal(await log.resume(), true);
  t.same(await log.append(made.next(4)), { written: 4, lost: 0 });
  t.same(
    [3, 2, 1, 0].map((n) => serialsOf(disk, n === 0 ? LOG : `${LOG}.${n}`)),
    [[], [1, 2, 3], [6, 7, 8], [9]],
  );
  await log.close();
});

t.test("a checkpoint that cannot be written: what it would not count is taken back", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk);
  const made = new Batches();
  await log.append(made.next(1));
  disk.fault = ({ kind, path }) => (kind === "writeAt" ? diskError("EIO", path) : undefined);
  t.same(await log.append(made.next(2)), { written: 0, lost: 2 });
  t.same(serialsOf(disk), [1]);
  disk.fault = () => undefined;
  await log.resume();
  t.same(await log.append(made.next(1)), { written: 1, lost: 0 });
  t.same(serialsOf(disk), [1, 4]);
  t.match(log.mark, { account: { written: 2, lost: { disk: 2 } } });
  await log.close();
});

/** The syncs of a run: each with the records that had been written before it. */
async function syncs(changes: Partial<LogSettings>, sizes: readonly number[]): Promise<number[]> {
  const disk = new FaultDisk();
  const log = await open(disk, changes);
  const seen: number[] = [];
  disk.fault = ({ kind, path }: Step) => {
    if (kind === "sync" && path === LOG) seen.push(serialsOf(disk).length);
    return undefined;
  };
  const made = new Batches();
  for (const events of sizes) await log.append(made.next(events));
  disk.fault = () => undefined;
  await log.close();
  return seen;
}

t.test("INCREMENTAL syncs behind every freq records, NONE never", async (t) => {
  const sizes = [3, 3, 3, 20, 1, 1, 9];
  t.same(await syncs({ flush: "NONE", freq: 5 }, sizes), []);
  t.same(await syncs({ flush: "INCREMENTAL", freq: 5 }, sizes), [6, 29, 40]);
  t.same(await syncs({ flush: "INCREMENTAL_ASYNC", freq: 5 }, sizes), [6, 29, 40]);
});

t.test("INCREMENTAL answers behind the sync, INCREMENTAL_ASYNC does not wait", async (t) => {
  for (const flush of ["INCREMENTAL", "INCREMENTAL_ASYNC"] as const) {
    const disk = new FaultDisk();
    const held = new Gate();
    let holding = false;
    const plain = disk.open.bind(disk);
    const sync = (): Promise<void> => (holding ? held.pass() : Promise.resolve());
    disk.open = async (...args) => Object.assign(await plain(...args), { sync });
    const log = await open(disk, { flush, freq: 1 });
    holding = true;
    let answered = false;
    const outcome = log.append(new Batches().next(1)).then(() => {
      answered = true;
    });
    await held.reached;
    if (flush === "INCREMENTAL") t.equal(answered, false);
    else await outcome;
    held.open();
    await outcome;
    t.same(serialsOf(disk), [1]);
    await log.close();
  }
});

t.test("a sync that fails suspends", async (t) => {
  for (const flush of ["INCREMENTAL", "INCREMENTAL_ASYNC"] as const) {
    const disk = new FaultDisk();
    const log = await open(disk, { flush, freq: 1 });
    disk.fault = ({ kind, path }) => (kind === "sync" ? diskError("EIO", path) : undefined);
    const outcome = await log.append(new Batches().next(1));
    if (flush === "INCREMENTAL") t.same(outcome, { written: 0, lost: 1 });
    await log.close().catch(() => undefined);
    t.match(log.state, { suspended: true, failure: { code: "EIO" } });
  }
});

t.test("records of the daemon move no mark, and are not counted as events", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk);
  const made = new Batches();
  await log.append(made.next(1));
  const bytes = Buffer.from("type=DAEMON_START msg=audit(1.000:7000): op=start\n");
  t.same(await log.append({ bytes, events: 0 }), { written: 0, lost: 0 });
  t.match(log.mark, { sequence: 1, account: { written: 1 } });
  await log.close();
  t.same(serialsOf(disk), [1, 7000]);
  await open(disk);
  t.same(serialsOf(disk), [1, 7000], "they are in the checkpoint's size");
});

t.test("fresh removes an earlier log; without a checkpoint nothing is kept", async (t) => {
  const disk = new FaultDisk();
  const log = await open(disk);
  await log.append(new Batches().next(2));
  await log.rotate();
  await log.close();
  const options = { disk, log: new Told(), checkpoint: false };
  const fresh = await InstanceLog.open(LOG, { ...options, fresh: true });
  t.same([...disk.names.keys()], [LOG]);
  await fresh.append(new Batches().next(2));
  await fresh.close();
  const again = await InstanceLog.open(LOG, options);
  t.equal(again.recovered, undefined);
  t.same(serialsOf(disk), [1, 2]);
});

t.test("behind close everything is lost, and nobody waits", async (t) => {
  const log = await open(new FaultDisk());
  await log.close();
  t.same(await log.append(new Batches().next(2)), { written: 0, lost: 2 });
});
