import type { LogSettings } from "@cauditd/auditd";
import { ROOT_MODES } from "@cauditd/auditd";
import type { FlushKind } from "@cauditd/libaudit";
import t from "tap";
import { ReplayBus } from "../replay-bus.ts";
import { framesOf, linesOf, live, logsOf } from "./crash-run.ts";
import { draws, FaultDisk } from "./fault-disk.ts";

const FRAMES = framesOf([3, 1, 7, 0, 12, 2, 30, 1, 1, 9, 4, 20]);

function settings(flush: FlushKind, changes: Partial<LogSettings> = {}): LogSettings {
  return {
    flush,
    freq: 1,
    maxBytes: 600,
    sizeAction: "ROTATE",
    numLogs: 4,
    modes: ROOT_MODES,
    ...changes,
  };
}

async function reference(rules: LogSettings): Promise<{ disk: FaultDisk; steps: number }> {
  const disk = new FaultDisk();
  await live(disk, new ReplayBus(FRAMES), rules);
  return { disk, steps: disk.steps };
}

/** A name, the settings, and how many of the steps are looked at: every nth. */
const CASES: readonly (readonly [string, LogSettings, number])[] = [
  ["rotating every few events", settings("NONE"), 1],
  ["KEEP_LOGS (AUD-132)", settings("NONE", { sizeAction: "KEEP_LOGS" }), 1],
  ["rotating after every event (AUD-131)", settings("NONE", { maxBytes: 0, numLogs: 3 }), 31],
  ["one file", settings("NONE", { sizeAction: "IGNORE" }), 1],
];

for (const [name, rules, every] of CASES) {
  t.test(
    `a process that ends at any step leaves the logs as one that does not: ${name}`,
    async (t) => {
      const { disk: whole, steps } = await reference(rules);
      for (let crashAt = 1; crashAt <= steps; crashAt += every) {
        const disk = new FaultDisk();
        disk.draw = draws(crashAt);
        disk.crashAt = crashAt;
        const bus = new ReplayBus(FRAMES);
        await live(disk, bus, rules);
        // A second crash, soon: recovery has to stand one, too.
        disk.restart();
        disk.crashAt = disk.steps + 1 + disk.draw(40);
        await live(disk, bus, rules);
        disk.restart();
        const served = await live(disk, bus, rules);
        const { lost } = served?.total ?? {};
        if (bus.acked !== FRAMES.length) t.fail(`crash at ${crashAt}: not all acknowledged`);
        if (JSON.stringify(logsOf(disk)) !== JSON.stringify(logsOf(whole)) || lost?.disk !== 0) {
          t.same(logsOf(disk), logsOf(whole), `crash at step ${crashAt} of ${steps}`);
          return;
        }
      }
      t.ok(steps >= 30, `${steps} steps`);
      t.ok(linesOf(whole).length > 0);
    },
  );
}

for (const flush of ["DATA", "INCREMENTAL"] as const) {
  t.test(`a power cut at any step loses nothing acknowledged with ${flush}, freq 1`, async (t) => {
    const rules = settings(flush);
    const { disk: whole, steps } = await reference(rules);
    for (let crashAt = 1; crashAt <= steps; crashAt++) {
      const disk = new FaultDisk();
      disk.draw = draws(crashAt);
      disk.crashAt = crashAt;
      const bus = new ReplayBus(FRAMES);
      await live(disk, bus, rules);
      disk.powerCut();
      await live(disk, bus, rules);
      if (JSON.stringify(logsOf(disk)) !== JSON.stringify(logsOf(whole))) {
        t.same(logsOf(disk), logsOf(whole), `power cut at step ${crashAt} of ${steps}`);
        return;
      }
    }
    t.ok(steps > 50, `${steps} steps`);
  });
}
