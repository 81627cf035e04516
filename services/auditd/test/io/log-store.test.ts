import { DEFAULT_LOG_SETTINGS, type LogSettings, ROOT_MODES } from "@cauditd/auditd";
import { newScopeAccount } from "@cauditd/kernel";
import t from "tap";
import { LogStore, logPaths, removeLog } from "../../src/io/log-store.ts";
import { diskError, FaultDisk } from "./fault-disk.ts";

const LOG = "/logs/audit.log";
async function emptyDisk(): Promise<FaultDisk> {
  const disk = new FaultDisk();
  await disk.makeFolder(PATHS.folder);
  return disk;
}

const PATHS = logPaths(LOG);
const ROTATING: LogSettings = {
  ...DEFAULT_LOG_SETTINGS,
  sizeAction: "ROTATE",
  numLogs: 3,
  modes: ROOT_MODES,
};

function mark(sequence: number) {
  return { epoch: "one", sequence, serial: sequence, account: newScopeAccount(), owed: [] };
}

function line(serial: number): Buffer {
  return Buffer.from(`type=A msg=audit(1.000:${serial}): x\n`);
}

t.test("a log without an earlier life begins empty, and has a checkpoint at once", async (t) => {
  const disk = await emptyDisk();
  const { store, found } = await LogStore.open(disk, LOG, ROTATING);
  t.same(found, { mark: undefined, pending: Buffer.alloc(0), problems: [] });
  t.equal(store.size, 0);
  await store.append(line(1));
  await store.end();
  const again = await LogStore.open(disk, LOG, ROTATING);
  t.match(again.found, { mark: { sequence: 0 }, problems: [] });
  t.equal(disk.text(LOG), "", "what no checkpoint counts is taken back");
});

t.test("an older log, without a checkpoint, is continued behind its last whole line", async (t) => {
  const disk = await emptyDisk();
  const old = await disk.open(LOG, "append");
  await old.append(Buffer.concat([line(1), Buffer.alloc(100_000, "y"), Buffer.from("\ncut")]));
  const { store, found } = await LogStore.open(disk, LOG, ROTATING);
  t.same(found.problems, []);
  t.equal(store.size, line(1).length + 100_001);
});

t.test("a log that somebody cut, replaced or removed is told of, and ends whole", async (t) => {
  const made = async (): Promise<FaultDisk> => {
    const disk = await emptyDisk();
    const { store } = await LogStore.open(disk, LOG, ROTATING);
    await store.append(Buffer.concat([line(1), line(2)]));
    await store.commit(mark(4), false);
    await store.end();
    return disk;
  };
  const cut = await made();
  await (await cut.open(LOG, "update")).truncate(line(1).length + 3);
  t.match((await LogStore.open(cut, LOG, ROTATING)).found, {
    problems: ["short"],
    mark: mark(4),
  });
  t.equal(cut.text(LOG), String(line(1)));
  const replaced = await made();
  await replaced.open("/logs/other", "append");
  await replaced.rename("/logs/other", LOG);
  t.same((await LogStore.open(replaced, LOG, ROTATING)).found.problems, ["replaced"]);
  const removed = await made();
  await removed.remove(LOG);
  await removed.open("/logs/other", "append");
  const { store, found } = await LogStore.open(removed, LOG, ROTATING);
  t.match(found, { problems: ["missing"], mark: mark(4) });
  t.equal(store.size, 0);
});

t.test("a checkpoint or pending bytes that are damaged are told of", async (t) => {
  const disk = await emptyDisk();
  const { store } = await LogStore.open(disk, LOG, ROTATING);
  await store.append(line(1));
  await store.rotate(2, line(2), mark(1));
  await store.end();
  await (await disk.open(PATHS.pending, "update")).writeAt(Buffer.from("?"), 70);
  t.same((await LogStore.open(disk, LOG, ROTATING)).found.problems, ["damaged pending"]);
  await (await disk.open(PATHS.checkpoint, "update")).truncate(0);
  await (await disk.open(PATHS.checkpoint, "update")).writeAt(Buffer.from("what is this"), 0);
  t.same((await LogStore.open(disk, LOG, ROTATING)).found.problems, ["damaged checkpoint"]);
});

t.test(
  "flush other than NONE: log, checkpoint and names are on the disk in this order",
  async (t) => {
    for (const flush of ["INCREMENTAL", "DATA", "SYNC"] as const) {
      const disk = await emptyDisk();
      const { store } = await LogStore.open(disk, LOG, { ...ROTATING, flush });
      const steps: string[] = [];
      disk.fault = ({ kind, path }) => {
        if (/sync|rename|append|writeAt/.test(kind)) steps.push(`${kind} ${path.slice(6)}`);
        return undefined;
      };
      await store.append(line(1));
      await store.commit(mark(1), true);
      const logSync = flush === "INCREMENTAL" ? ["sync audit.log"] : [];
      const committed = ["append audit.log", ...logSync, "writeAt .checkpoint", "sync .checkpoint"];
      t.same(steps.splice(0), committed, flush);
      await store.rotate(2, line(2), mark(2));
      t.same(steps, [
        "sync audit.log",
        "writeAt .pending",
        "sync .pending",
        "syncFolder ",
        "writeAt .checkpoint",
        "sync .checkpoint",
        "rename audit.log",
        "syncFolder ",
      ]);
    }
  },
);

t.test("opening again takes back what a failed write left", async (t) => {
  const disk = await emptyDisk();
  const { store } = await LogStore.open(disk, LOG, ROTATING);
  await store.append(line(1));
  disk.capacity = disk.used() + 5;
  disk.fault = ({ kind, path }) => (kind === "truncate" ? diskError("EIO", path) : undefined);
  t.match(await store.append(line(2)), { kept: 0, error: { code: "ENOSPC" } });
  await t.rejects(store.open(), { code: "EIO" });
  t.equal(store.closed, true);
  disk.fault = () => undefined;
  await store.open();
  t.equal(disk.text(LOG), String(line(1)));
  t.equal(store.size, line(1).length);
});

t.test("removing a log removes what belongs to it, and nothing else", async (t) => {
  const disk = await emptyDisk();
  await removeLog(disk, LOG);
  const { store } = await LogStore.open(disk, LOG, ROTATING);
  await store.append(line(1));
  await store.rotate(2, line(2), mark(1));
  await store.end();
  await disk.open("/logs/notes", "append");
  await removeLog(disk, LOG);
  t.same([...disk.names.keys()], ["/logs/notes"]);
});

t.test("whatever cannot be opened leaves no file open", async (t) => {
  for (let step = 2; step <= 30; step++) {
    const disk = await emptyDisk();
    disk.fault = ({ path }) => (disk.steps === step ? diskError("EIO", path) : undefined);
    const opened = await LogStore.open(disk, LOG, ROTATING).catch(() => undefined);
    await opened?.store.end().catch(() => undefined);
    t.equal(disk.openFiles, 0, `step ${step}`);
  }
});
