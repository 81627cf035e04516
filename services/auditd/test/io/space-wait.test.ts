import { InstanceLog, LogConduct, type OutwardEffect } from "@cauditd/auditd";
import { DaemonSerials, LogPolicy } from "@cauditd/kernel";
import { AUDITD_CONF_DEFAULTS } from "@cauditd/libaudit";
import t from "tap";
import { type Later, SPACE_WAIT_MS, SpaceWait } from "../../src/io/space-wait.ts";
import { Told } from "../hand-bus.ts";
import { FaultDisk } from "./fault-disk.ts";

const LOG = "/logs/audit.log";
const MEGABYTE = 1_048_576;

/** A timer that is driven by hand. */
class HandTimer {
  readonly waits: { run: () => void; ms: number }[] = [];
  readonly later: Later = (run, ms) => {
    const wait = { run, ms };
    this.waits.push(wait);
    return () => void this.waits.splice(this.waits.indexOf(wait), 1);
  };

  fire(): void {
    this.waits.shift()?.run();
  }
}

/** A log whose partition has as much room as the test says. */
class Rig {
  readonly disk: FaultDisk = new FaultDisk();
  readonly timer: HandTimer = new HandTimer();
  readonly done: OutwardEffect[] = [];
  free: number = 10 * MEGABYTE;
  looks = 0;

  open(resumesWithSpace: boolean): Promise<InstanceLog> {
    this.disk.space = async () => {
      this.looks++;
      return { free: this.free, total: 10 * MEGABYTE, block: 4096 };
    };
    const conf = {
      ...AUDITD_CONF_DEFAULTS,
      space_left: { value: 2, unit: "MB" as const },
      space_left_action: { action: "SUSPEND" as const },
      admin_space_left: { value: 1, unit: "MB" as const },
    };
    const conduct = new LogConduct({
      policy: new LogPolicy(conf, { resumesWithSpace }),
      actions: { perform: (effect) => this.done.push(effect) },
      serials: new DaemonSerials(() => 1),
      now: () => 1000,
    });
    const { disk, timer } = this;
    return InstanceLog.open(LOG, { disk, conduct, later: timer.later, log: new Told() });
  }

  async fill(log: InstanceLog): Promise<void> {
    this.free = MEGABYTE;
    while (!log.state.suspended) await log.append(big(1));
  }
}

function big(serial: number): { bytes: Buffer; events: number } {
  const line = `type=A msg=audit(1.000:${serial}): ${"x".repeat(8000)}\n`;
  return { bytes: Buffer.from(line.repeat(10)), events: 10 };
}

t.test("a log that waits for space looks once a second, and goes on when there is", async (t) => {
  const rig = new Rig();
  const log = await rig.open(true);
  t.same(rig.timer.waits, [], "nothing is waited for");
  await rig.fill(log);
  t.match(rig.timer.waits, [{ ms: SPACE_WAIT_MS }]);
  t.same(await log.append(big(2)), { written: 0, lost: 10 });
  t.equal(rig.timer.waits.length, 1, "one timer, whatever is lost meanwhile");
  const { looks } = rig;
  rig.timer.fire();
  t.same(await log.append(big(3)), { written: 0, lost: 10 }, "there is still none");
  t.equal(rig.looks, looks + 1);
  t.equal(rig.timer.waits.length, 1, "it looks again");
  rig.free = 9 * MEGABYTE;
  rig.timer.fire();
  t.same(await log.append(big(4)), { written: 10, lost: 0 });
  t.match(rig.done.slice(-2), [
    { text: "Audit daemon is attempting to resume logging." },
    { text: "Audit daemon resumed logging." },
  ]);
  t.same(rig.timer.waits, [], "nothing is waited for any more");
  await log.close();
});

t.test("AUD-133: without the option nothing looks, and only a request resumes", async (t) => {
  const rig = new Rig();
  const log = await rig.open(false);
  await rig.fill(log);
  t.same(rig.timer.waits, []);
  rig.free = 9 * MEGABYTE;
  t.same(await log.append(big(2)), { written: 0, lost: 10 });
  t.equal(await log.resume(), true);
  t.same(await log.append(big(3)), { written: 10, lost: 0 });
  await log.close();
});

t.test("a log that is closed while it waits stays closed", async (t) => {
  const rig = new Rig();
  const log = await rig.open(true);
  await rig.fill(log);
  rig.free = 9 * MEGABYTE;
  const closed = log.close();
  const { looks } = rig;
  rig.timer.fire();
  await closed;
  t.equal(rig.looks, looks, "a look that was due behind the end is left out");
  t.same(rig.timer.waits, []);
});

t.test("a log that was resumed by a request is not looked at", async (t) => {
  const conf = { ...AUDITD_CONF_DEFAULTS, disk_full_action: { action: "SUSPEND" as const } };
  const policy = new LogPolicy(conf, { resumesWithSpace: true });
  policy.opened("reopen", 0);
  const timer = new HandTimer();
  let looks = 0;
  const wait = new SpaceWait(policy, () => looks++, timer.later);
  wait.check();
  t.same(timer.waits, []);
  policy.sampled({ free: 0, total: 1, block: 1 });
  t.equal(policy.awaitsSpace, true, "suspended by disk_full_action");
  wait.check();
  wait.check();
  t.equal(timer.waits.length, 1, "one timer");
  policy.resume();
  wait.check();
  t.same([timer.waits, looks], [[], 0]);
});

t.test("a log without an auditd.conf goes on as well, with any room at all", async (t) => {
  const disk = new FaultDisk();
  const timer = new HandTimer();
  let free = 0;
  disk.space = async () => ({ free, total: 10 * MEGABYTE, block: 4096 });
  const options = { disk, resumesWithSpace: true, later: timer.later, log: new Told() };
  const log = await InstanceLog.open(LOG, options);
  disk.capacity = disk.used() + 100;
  t.same(await log.append(big(1)), { written: 0, lost: 10 });
  disk.capacity = 1e9;
  free = MEGABYTE;
  timer.fire();
  t.same(await log.append(big(2)), { written: 10, lost: 0 });
  await log.close();
});

t.test("the timer of the process can be taken back", async (t) => {
  const { processTimer } = await import("../../src/io/space-wait.ts");
  let ran = 0;
  processTimer(() => ran++, 0)();
  const keepAlive = setTimeout(() => undefined, 60_000);
  await new Promise<void>((resolve) => processTimer(resolve, 1));
  clearTimeout(keepAlive);
  t.equal(ran, 0);
});
