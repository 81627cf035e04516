// What an instance does about losses: markers, waiting, failure 2. The rest is in auditd.test.ts.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AuditdInstance, DEFAULT_LOG_SETTINGS, InstanceLog } from "@cauditd/auditd";
import { type InstanceOptions, LOST_REASONS, scopeProblem } from "@cauditd/kernel";
import t, { type Test } from "tap";
import { Gate, interceptWrites } from "./file-handle.ts";
import { encode, simpleEvents } from "./frames.ts";
import { HandBus, Told } from "./hand-bus.ts";
import { LOG, linesOf, live } from "./io/crash-run.ts";
import { diskError, draws, FaultDisk } from "./io/fault-disk.ts";
import { ReplayBus } from "./replay-bus.ts";

interface Rig {
  readonly bus: HandBus;
  readonly told: Told;
  readonly served: AuditdInstance;
}

async function rig(t: Test, options: InstanceOptions = {}, patient = false): Promise<Rig> {
  const path = join(t.testdir(), "audit.log");
  const bus = new HandBus();
  const told = new Told();
  const log = await InstanceLog.open(path, { log: told });
  const scope = { name: "web", scope: "4", log, told, patient };
  const served = new AuditdInstance({ ...scope, instance: options });
  await served.start(bus);
  return { bus, told, served };
}

interface Line {
  readonly type: string;
  readonly serial: number;
  readonly text: string;
}

async function lines(path: string): Promise<Line[]> {
  const text = await readFile(path, "latin1");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [, type = "", serial] = /^type=(\S+) msg=audit\(\d+\.\d{3}:(\d+)\): /.exec(line) ?? [];
      return { type, serial: Number(serial), text: line };
    });
}

/** Checks that the gaps of a log are its losses, and that its markers tell each of them. */
async function checkLosses(t: Test, served: AuditdInstance): Promise<void> {
  const { account } = served;
  t.equal(scopeProblem("web", account), undefined);
  const log = await lines(served.path);
  t.equal(new Set(log.map(({ serial }) => serial)).size, account.written);
  const told = { rate: 0, backlog: 0, bus: 0, disk: 0 };
  for (const { text } of log.filter(({ type }) => type === "KERNEL_OTHER")) {
    const found = /op=lost reason=(\w+) lost=(\d+) first=(\d+) last=(\d+) /.exec(text) ?? [];
    const [, reason, count, first, last] = found;
    const within = ({ serial }: Line): boolean => serial >= Number(first) && serial <= Number(last);
    const missing = Number(last) - Number(first) + 1 - log.filter(within).length;
    t.ok(missing >= Number(count), "as many serials are missing in its range");
    told[reason as keyof typeof told] += Number(count);
  }
  for (const reason of LOST_REASONS) t.equal(told[reason], account.lost[reason], reason);
  const missing = served.instance.serial - log.length;
  t.equal(
    missing,
    LOST_REASONS.reduce((sum, reason) => sum + account.lost[reason], 0),
  );
}

t.test("losses above the rate leave a gap and a marker, the last one at the end", async (t) => {
  const { bus, served } = await rig(t, { quota: { rate: 1, burst: 5 } });
  bus.deliver(1, encode("4", 1, simpleEvents(20), 3));
  bus.deliver(2, encode("4", 2, simpleEvents(4)));
  await served.reached(2);
  await served.stop();
  t.match(served.account, { routed: 27, lost: { rate: 19, bus: 3 } });
  await checkLosses(t, served);
});

t.test("a backlog that is full holds frames back, and behind the wait loses them", async (t) => {
  const { bus, served } = await rig(t);
  served.instance.status.backlog_limit = 4;
  served.instance.status.backlog_wait_time = 0;
  for (const sequence of [1, 2, 3]) bus.deliver(sequence, encode("4", sequence, simpleEvents(6)));
  await served.reached(3);
  await served.stop();
  t.match(served.account, { routed: 18, lost: { backlog: 12 } });
  t.ok(served.instance.peak >= 6, "the first frame found nothing in front of it");
  await checkLosses(t, served);
});

t.test(
  "a full backlog gives up the oldest events that wait, where its policy says so",
  async (t) => {
    const gate = new Gate();
    await interceptWrites(t, async (write, ...args) => {
      await gate.pass();
      return write(...args);
    });
    const { bus, served } = await rig(t, { overflow: "oldest" });
    served.instance.status.backlog_limit = 4;
    served.instance.status.backlog_wait_time = 0;
    bus.deliver(1, encode("4", 1, simpleEvents(6)));
    await gate.reached;
    for (const sequence of [2, 3, 4]) bus.deliver(sequence, encode("4", sequence, simpleEvents(6)));
    gate.open();
    await served.reached(4);
    await served.stop();
    t.match(served.account, { routed: 24, lost: { backlog: 12 } });
    const log = await lines(served.path);
    const kept = log.filter(({ type }) => type === "USER_CMD").map(({ serial }) => serial);
    const [last = 0] = kept.slice(-1);
    t.same(kept.slice(0, 6), [1, 2, 3, 4, 5, 6], "what the log had taken stays");
    const newest = [5, 4, 3, 2, 1, 0].map((back) => last - back);
    t.same(kept.slice(6), newest, "else the newest stay");
    await checkLosses(t, served);
  },
);

t.test("the lowest priority that waits goes first, where its policy says so", async (t) => {
  const gate = new Gate();
  await interceptWrites(t, async (write, ...args) => {
    await gate.pass();
    return write(...args);
  });
  const { bus, served } = await rig(t, { overflow: "priority" });
  served.instance.status.backlog_limit = 4;
  served.instance.status.backlog_wait_time = 0;
  const kinds = ["SYSCALL", "AVC", "USER_CMD", "CONFIG_CHANGE", "SYSCALL", "AVC", "SYSCALL"];
  const events = (first: number) =>
    kinds.map((type, index) => ({
      lines: [`type=${type} msg=audit(1700000000.123:${first + index}): pid=1`],
    }));
  bus.deliver(1, encode("4", 1, events(100)));
  await gate.reached;
  for (const sequence of [2, 3, 4]) bus.deliver(sequence, encode("4", sequence, events(200)));
  gate.open();
  await served.reached(4);
  await served.stop();
  const log = (await lines(served.path)).slice(kinds.length);
  const kept = log.map(({ type }) => type).filter((type) => type !== "KERNEL_OTHER");
  t.same(kept.toSorted(), [...Array(4).fill("AVC"), ...Array(3).fill("CONFIG_CHANGE")]);
  await checkLosses(t, served);
});

t.test("a patient instance loses nothing, however small its backlog is", async (t) => {
  const { bus, served } = await rig(t, {}, true);
  served.instance.status.backlog_limit = 1;
  served.instance.status.backlog_wait_time = 0;
  for (const sequence of [1, 2, 3]) bus.deliver(sequence, encode("4", sequence, simpleEvents(6)));
  await served.reached(3);
  await served.stop();
  t.match(served.account, { routed: 18, written: 18 });
});

t.test("AUD-110: failure 2 stops it for good; its last record and its log say so", async (t) => {
  const { bus, told, served } = await rig(t);
  served.instance.status.failure = 2;
  bus.deliver(1, encode("4", 1, simpleEvents(2)));
  bus.deliver(2, encode("4", 2, simpleEvents(2), 1));
  bus.deliver(3, encode("4", 3, simpleEvents(2)));
  await served.reached(3);
  await served.stop();
  t.same(told.texts, ["an event was lost and failure is 2: it has stopped"]);
  t.same(bus.acked, [1, 2, 3], "nobody waits for it");
  const log = await lines(served.path);
  t.same(
    log.map(({ serial }) => serial),
    [1, 2, 4],
  );
  t.match(log.at(-1)?.text, /op=lost reason=bus lost=1 first=3 last=3 .*audit_failure=2 res=0$/);
  t.match(served.account, { routed: 7, own: 1, written: 3, disabled: 4, lost: { bus: 1 } });
});

t.test("records of control requests are events of the instance's own", async (t) => {
  const { bus, served } = await rig(t);
  const subject = { pid: 9, uid: 0, auid: 1000, ses: 3 };
  bus.deliver(1, encode("4", 1, simpleEvents(1)));
  const { records } = served.instance.status.set({ backlog_limit: 64 }, subject);
  served.record(records, 1700000000001);
  bus.deliver(2, encode("4", 2, simpleEvents(1)));
  await served.reached(2);
  await served.stop();
  const log = await lines(served.path);
  t.equal(
    log[1]?.text,
    "type=CONFIG_CHANGE msg=audit(1700000000.001:2): " +
      "op=set audit_backlog_limit=64 old=8192 auid=1000 ses=3 res=1",
  );
  t.same(
    log.map(({ serial }) => serial),
    [1, 2, 3],
  );
  t.match(served.account, { routed: 2, own: 1, written: 3 });
});

t.test("while the log takes nothing markers wait; each loss is told once it does", async (t) => {
  let full = false;
  await interceptWrites(t, async (write, ...args) => {
    if (full) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    return write(...args);
  });
  const { bus, served } = await rig(t);
  bus.deliver(1, encode("4", 1, simpleEvents(2)));
  await served.reached(1);
  full = true;
  bus.deliver(2, encode("4", 2, simpleEvents(3)));
  await t.rejects(served.reached(2), { code: "ENOSPC" });
  bus.deliver(3, encode("4", 3, simpleEvents(4), 2));
  await t.rejects(served.reached(3));
  full = false;
  t.equal(await served.resume(), true);
  bus.deliver(4, encode("4", 4, simpleEvents(1)));
  await t.rejects(served.reached(4));
  await served.stop();
  t.match(served.account, { routed: 12, lost: { disk: 7, bus: 2 } });
  await checkLosses(t, served);
});

/** What markers tell in all: events by reason. */
function toldBy(text: readonly string[]): Record<string, number> {
  const told: Record<string, number> = { rate: 0, backlog: 0, bus: 0, disk: 0 };
  for (const line of text) {
    const [, reason, count] = /op=lost reason=(\w+) lost=(\d+) /.exec(line) ?? [];
    if (reason !== undefined) told[reason] = (told[reason] ?? 0) + Number(count);
  }
  return told;
}

t.test("a loss is told by a marker once, at whatever step the process ends", async (t) => {
  const frames = [1, 2, 3, 4, 5, 6].map((n) => encode("4", n, simpleEvents(n * 2, n * 100), n % 3));
  const settings = { ...DEFAULT_LOG_SETTINGS, sizeAction: "ROTATE", maxBytes: 900 } as const;
  const quota = { rate: 1, burst: 3 };
  const whole = new FaultDisk();
  await live(whole, new ReplayBus(frames), { ...settings, numLogs: 9 }, { quota });
  for (let crashAt = 1; crashAt <= whole.steps; crashAt++) {
    const disk = new FaultDisk();
    disk.draw = draws(crashAt);
    disk.crashAt = crashAt;
    const bus = new ReplayBus(frames);
    await live(disk, bus, { ...settings, numLogs: 9 }, { quota });
    disk.restart();
    const served = await live(disk, bus, { ...settings, numLogs: 9 }, { quota });
    const { lost } = served?.total ?? {};
    t.same(toldBy(linesOf(disk)), lost, `the process ended at step ${crashAt} of ${whole.steps}`);
  }
});

t.test("events given up for others are in no log, wherever the process ends", async (t) => {
  const frames = [1, 2, 3, 4, 5, 6].map((n) => encode("4", n, simpleEvents(n * 2, n * 100)));
  const full = (served: AuditdInstance): void => {
    served.instance.status.backlog_limit = 3;
    served.instance.status.backlog_wait_time = 0;
  };
  const whole = new FaultDisk();
  const overflow = "oldest";
  await live(whole, new ReplayBus(frames), DEFAULT_LOG_SETTINGS, { overflow }, full);
  t.match(linesOf(whole).join(""), "reason=backlog");
  for (let crashAt = 1; crashAt <= whole.steps; crashAt++) {
    const disk = new FaultDisk();
    disk.draw = draws(crashAt);
    disk.crashAt = crashAt;
    const bus = new ReplayBus(frames);
    await live(disk, bus, DEFAULT_LOG_SETTINGS, { overflow }, full);
    disk.restart();
    const served = await live(disk, bus, DEFAULT_LOG_SETTINGS, { overflow }, full);
    const { lost, written } = served?.total ?? {};
    const log = linesOf(disk);
    t.same(toldBy(log), lost, `the process ended at step ${crashAt} of ${whole.steps}`);
    t.equal(log.length, written);
    const { serial = 0 } = served?.instance ?? {};
    t.equal(serial, log.length + (lost?.backlog ?? 0), "a gap is a loss");
  }
});

t.test("what the disk has cost is told by the next life, when this one cannot", async (t) => {
  const disk = new FaultDisk();
  const frames = [1, 2, 3].map((n) => encode("4", n, simpleEvents(4, n * 100)));
  disk.fault = ({ kind, path }) => {
    return kind === "append" && disk.text(LOG) !== "" ? diskError("EIO", path) : undefined;
  };
  await live(disk, new ReplayBus(frames), DEFAULT_LOG_SETTINGS);
  t.equal(linesOf(disk).length, 4);
  disk.fault = () => undefined;
  const served = await live(disk, new ReplayBus([]), DEFAULT_LOG_SETTINGS);
  const marker = linesOf(disk).at(-1) ?? "";
  t.match(marker, /:13\): op=lost reason=disk lost=8 first=5 last=12 audit_lost=0 .* res=0/);
  t.match(served?.total, { written: 5, own: 1, lost: { disk: 8 } });
});

t.test("events of a source that was read again are in the log once", async (t) => {
  const { bus, served } = await rig(t);
  const range = (first: number, last: number) => ({ source: { id: "log", first, last } });
  bus.deliver(1, encode("4", 1, simpleEvents(5, 1)), range(1, 5));
  bus.deliver(1, encode("4", 1, simpleEvents(3, 1)), { ...range(1, 3), epoch: "two" });
  bus.deliver(2, encode("4", 2, simpleEvents(4, 4)), { ...range(4, 7), epoch: "two" });
  await served.reached(2, "two");
  await served.stop();
  const texts = (await lines(served.path)).map(({ text }) => /n=\d+/.exec(text)?.[0]);
  t.same(texts, ["n=0", "n=1", "n=2", "n=3", "n=4", "n=2", "n=3"]);
  t.match(served.account, { routed: 7, written: 7 });
});

t.test("an instance whose lease is over writes and acknowledges nothing more", async (t) => {
  const { bus, served } = await rig(t);
  bus.deliver(1, encode("4", 1, simpleEvents(2)));
  await served.reached(1);
  bus.deliver(2, encode("4", 2, simpleEvents(2)));
  const late = served.reached(2);
  const abandoned = served.abandon();
  bus.deliver(3, encode("4", 3, simpleEvents(2)));
  await t.rejects(late, { code: "ESHUTDOWN" });
  await abandoned;
  const log = await InstanceLog.open(served.path, { log: new Told() });
  const { recovered } = log;
  await log.close();
  t.ok((recovered?.sequence ?? 0) <= 2);
  t.equal((await lines(served.path)).length, recovered?.serial, "as after a crash");
});
