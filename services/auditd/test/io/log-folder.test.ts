import { type AuditdInstance, InstanceLog, type LogSettings, ROOT_MODES } from "@cauditd/auditd";
import t from "tap";
import { Told } from "../hand-bus.ts";
import { ReplayBus } from "../replay-bus.ts";
import { framesOf, LOG, live, logsOf } from "./crash-run.ts";
import { FaultDisk } from "./fault-disk.ts";
import { draws } from "./fault-file.ts";
import { Frames, Locks, own } from "./owner-run.ts";
import { Turns } from "./turns.ts";

const SEEDS = Number(process.env["CAUDITD_TAKEOVER_ROUNDS"] ?? 20);
/** Of the steps of a takeover, every nth is looked at. */
const EVERY = SEEDS > 20 ? 1 : 11;
const FRAMES = framesOf([3, 1, 7, 0, 12, 2, 30, 1, 1, 9, 4, 20]);
const SETTINGS: LogSettings = {
  flush: "NONE",
  freq: 1,
  maxBytes: 600,
  sizeAction: "ROTATE",
  numLogs: 4,
  modes: ROOT_MODES,
};

async function reference(): Promise<Record<string, string>> {
  const disk = new FaultDisk();
  await live(disk, new ReplayBus(FRAMES), SETTINGS);
  return logsOf(disk);
}

/** Runs owners over each other: each may stand still or be killed at any step. */
async function round(
  seed: number,
  settings = SETTINGS,
): Promise<{ disk: FaultDisk; acked: number }> {
  const draw = draws(seed);
  const disk = new FaultDisk();
  disk.draw = draws(seed + 1);
  const turns = new Turns(draw);
  const locks = new Locks(turns);
  const frames = new Frames(FRAMES);
  const last = 2 + draw(4);
  const begun: Promise<AuditdInstance | undefined>[] = [];
  for (let token = 1; token <= last; token++) {
    begun.push(own(token, disk, turns, locks, frames, settings));
    if (token === last) break;
    for (let steps = draw(200); steps > 0 && (await turns.step()); steps--);
    const fate = draw(3);
    if (fate === 0) turns.kill(token);
    else if (fate === 1) turns.stop(token);
    for (let other = 1; other <= token; other++) if (draw(3) === 0) turns.wake(other);
  }
  const lives = (token: number): boolean => turns.lives(token);
  for (let steps = 0; await turns.step(); steps++) {
    if (steps > 20_000) throw new Error(`seed ${seed}: no end`);
    if (draw(100) === 0) turns.wake(1 + draw(last));
  }
  for (let token = 1; token <= last; token++) turns.wake(token);
  while (await turns.step());
  for (let token = 1; token <= last; token++) {
    if (!lives(token)) continue;
    const stopped = begun[token - 1]?.then((served) => served?.abandon());
    while (await turns.step());
    await stopped;
  }
  // Whoever comes next finds all in its place.
  const next = own(last + 1, disk, turns, locks, frames, settings);
  while (await turns.step());
  const closed = next.then((served) => served?.stop());
  while (await turns.step());
  await closed;
  return { disk, acked: frames.acked };
}

t.test(
  "owners that are killed or stand still at any step leave the log as one owner",
  async (t) => {
    const whole = await reference();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { disk, acked } = await round(seed);
      if (acked !== FRAMES.length) t.fail(`seed ${seed}: not all acknowledged`);
      if (JSON.stringify(logsOf(disk)) !== JSON.stringify(whole)) {
        t.same(logsOf(disk), whole, `seed ${seed}`);
        return;
      }
      const folders = [...disk.folders.keys()].filter((path) => path.startsWith("/var/log/"));
      if (folders.length !== 1) t.same(folders, ["/var/log/web"], `seed ${seed}: nothing is left`);
    }
    t.ok(Object.keys(whole).length === 4);
  },
);

/** Two owners; the machine stops while the second takes over. Then a third goes on. */
async function cutTakeover(crashAt: number, power: boolean): Promise<FaultDisk> {
  const settings: LogSettings = { ...SETTINGS, flush: power ? "DATA" : "NONE" };
  const disk = new FaultDisk();
  disk.draw = draws(crashAt);
  const turns = new Turns(draws(crashAt));
  const locks = new Locks(turns);
  const frames = new Frames(FRAMES);
  frames.dead = () => disk.crashed;
  void own(1, disk, turns, locks, frames, settings);
  while (frames.acked < 5 && (await turns.step()));
  turns.stop(1);
  disk.crashAt = disk.steps + crashAt;
  void own(2, disk, turns, locks, frames, settings);
  while (await turns.step());
  turns.kill(2);
  if (power) {
    turns.kill(1);
    disk.powerCut();
  } else disk.restart();
  const third = own(3, disk, turns, locks, frames, settings);
  while (await turns.step());
  const stopped = third.then((served) => served?.stop());
  while (await turns.step());
  await stopped;
  return disk;
}

for (const power of [false, true]) {
  const what = power ? "a power cut" : "the end of the process";
  t.test(`${what} at any step of a takeover loses nothing`, async (t) => {
    const whole = await reference();
    for (let crashAt = 1; crashAt <= 160; crashAt += EVERY) {
      const disk = await cutTakeover(crashAt, power);
      if (JSON.stringify(logsOf(disk)) === JSON.stringify(whole)) continue;
      t.same(logsOf(disk), whole, `step ${crashAt}`);
      return;
    }
    t.ok(Object.keys(whole).length === 4);
  });
}

function line(serial: number): { bytes: Buffer; events: number } {
  return { bytes: Buffer.from(`type=A msg=audit(1.000:${serial}): x\n`), events: 1 };
}

/** Owners on one disk, each with its token. */
function rig(maxBytes = 600) {
  const disk = new FaultDisk();
  const locks = new Locks(new Turns(draws(1)));
  const told = new Told();
  const open = (token?: number): Promise<InstanceLog> => {
    const owner = token === undefined ? {} : { token };
    const options = { disk, lock: locks.take(token ?? 0), ...owner };
    return InstanceLog.open(LOG, { ...options, settings: { ...SETTINGS, maxBytes }, log: told });
  };
  return { disk, told, open };
}

t.test("without a token, or with the same one, a folder in use is refused", async (t) => {
  const { open } = rig();
  const log = await open(4);
  await t.rejects(open(), { code: "EBUSY" });
  await t.rejects(open(4), { code: "EBUSY" });
  await t.rejects(open(3), { code: "EOWNERDEAD" });
  await log.close();
  await t.rejects(open(3), { code: "EOWNERDEAD" }, "not even when it is free");
  await (await open()).close();
});

t.test("a log that was taken over is abandoned: nothing more is written or answered", async (t) => {
  const { disk, told, open } = rig();
  const late = await open(1);
  await late.append(line(1));
  const log = await open(2);
  t.same(await log.append(line(2)), { written: 1, lost: 0 });
  let outcome = await late.append(line(7));
  // The folder is looked at once in a second, and at every error.
  while (outcome.abandoned !== true) outcome = await late.append(line(7));
  t.match(late.state, { abandoned: true, suspended: true });
  t.ok(told.texts.length > 0);
  t.same(await late.append(line(8)), { written: 0, lost: 0, abandoned: true });
  t.equal(await late.rotate(), false);
  await late.close();
  t.same(disk.text(LOG)?.match(/(?<=:)\d(?=\))/g), ["1", "2"]);
  await log.close();
});

t.test("abandoning a log lets the step under way end, and no other follows", async (t) => {
  const { disk, open } = rig();
  const log = await open(1);
  const first = log.append(line(1));
  const second = log.append({ bytes: Buffer.alloc(200_000, "x\n"), events: 1 });
  await log.abandon();
  t.match([await first, await second], [{ abandoned: true }, { abandoned: true }]);
  t.equal(disk.openFiles, 0);
  const next = await open(2);
  t.equal(disk.text(LOG), "");
  await next.close();
});

t.test("a folder that a late process put in place of a later one's is put aside", async (t) => {
  const { disk, open } = rig(1e6);
  const log = await open(7);
  await log.append(line(1));
  await disk.makeFolder("/var/log/.web.takeover");
  await disk.rename("/var/log/web", "/var/log/.web.takeover/old-1");
  await disk.makeFolder("/var/log/web");
  let serial = 1;
  while (disk.text(LOG) === undefined) await log.append(line(++serial));
  t.match(disk.text(LOG), /:1\)/);
  t.notOk(disk.folders.has("/var/log/.web.takeover"));
  await log.close();
});

t.test("a folder that somebody removed is made anew, with a checkpoint", async (t) => {
  const { disk, told, open } = rig(1e6);
  const log = await open(7);
  await log.append(line(1));
  for (const name of await disk.list("/var/log/web")) await disk.remove(`/var/log/web/${name}`);
  await disk.removeFolder("/var/log/web");
  let serial = 1;
  while (disk.text(LOG) === undefined) await log.append(line(++serial));
  t.match(disk.text(LOG), new RegExp(`^type=A msg=audit.1.000:${serial}.: x\n$`));
  t.same(told.texts, ["the log was moved or removed: a new one is made"]);
  await t.rejects(open(), { code: "EBUSY" }, "its lock is taken again");
  await log.close();
  await (await open(8)).close();
  t.match(disk.text(LOG), new RegExp(`:${serial}\\)`), "the checkpoint counts it");
});
