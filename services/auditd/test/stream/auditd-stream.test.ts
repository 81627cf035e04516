// An instance with a stream: what its log has, its tenant's stream has.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Auditd, type ServeOptions } from "@cauditd/auditd";
import { MemoryBus, MemoryTenantStreams } from "@cauditd/bus";
import { AUDITD_CONF_DEFAULTS } from "@cauditd/libaudit";
import t, { type Test } from "tap";
import { serialsOf } from "../../../../packages/auparse/test/log-text.ts";
import { encode, simpleEvents } from "../frames.ts";
import { Told } from "../hand-bus.ts";
import { FaultDisk } from "../io/fault-disk.ts";

const LIMITS = { frames: 64, bytes: 1024 * 1024 };

interface Rig {
  readonly bus: MemoryBus;
  readonly streams: MemoryTenantStreams;
  /** Serves scope 4 as a process does that starts now; the frames go through its rules. */
  life(frames: readonly Uint8Array[], options?: ServeOptions): Promise<Told>;
  /** Lines in the stream, and their batches. */
  stored(): Promise<{ text: string; serials: number[]; generations: number[] }>;
}

function rig(folder: string): Rig {
  const bus = new MemoryBus(LIMITS);
  const streams = new MemoryTenantStreams();
  let sequence = 0;
  return {
    bus,
    streams,
    async life(frames, options = {}) {
      const told = new Told();
      const auditd = new Auditd(bus, folder, told);
      const limits = { bytes: 10_000_000, age: 0 };
      const stream = { streams: streams.open(), limits, consumers: ["main"] };
      const served = await auditd.serve("web", "4", { stream, ...options });
      for (const frame of frames) await bus.publish("4", ++sequence, frame);
      await served.reached(sequence).catch(() => undefined);
      await auditd.stop();
      return told;
    },
    async stored() {
      const reader = streams.reader("4");
      const found = { text: "", serials: [] as number[], generations: [] as number[] };
      for (let at = 1; ; ) {
        const batch = await reader.read(at);
        if (batch === undefined) return found;
        found.text += Buffer.from(batch.bytes).toString("latin1");
        found.serials.push(...serialsOf(batch.bytes));
        found.generations.push(batch.generation);
        at = batch.place + 1;
      }
    },
  };
}

const frame = (sequence: number, count: number, lost = 0): Uint8Array =>
  encode("4", sequence, simpleEvents(count, sequence * 100), lost);

const log = (folder: string): Promise<string> =>
  readFile(join(folder, "web", "audit.log"), "latin1");

t.test("the stream equals the log, markers of losses too, through several lives", async (t) => {
  const folder = t.testdir();
  const { life, stored } = rig(folder);
  await life([frame(1, 3), frame(2, 2, 5)]);
  await life([frame(3, 30)], { instance: { quota: { rate: 1, burst: 4 } } });
  const { text, serials, generations } = await stored();
  t.equal(text, await log(folder));
  t.match(text, /op=lost reason=bus lost=5 /);
  t.match(text, /op=lost reason=rate lost=26 /);
  t.same(serials, [...new Set(serials)]);
  t.ok(generations.every((generation) => generation === 1));
});

t.test("records of the daemon itself are in the log only", async (t) => {
  const folder = t.testdir();
  const { life, stored } = rig(folder);
  const conf = { ...AUDITD_CONF_DEFAULTS, log_format: "RAW" as const };
  await life([frame(1, 3)], { conf });
  await life([frame(2, 3)], { conf });
  const { text } = await stored();
  const lines = (await log(folder)).split(/(?<=\n)/).filter((line) => !line.includes("DAEMON"));
  t.match(await log(folder), /^type=DAEMON_START [\s\S]*type=DAEMON_END/);
  t.equal(text, lines.join(""));
});

t.test("events that the disk lost are not in the stream either", async (t: Test) => {
  const disk = new FaultDisk();
  const { life, stored } = rig("/logs");
  await disk.makeFolder("/logs");
  await life([frame(1, 3)], { disk });
  disk.capacity = disk.used() + 250;
  await life([frame(2, 5)], { disk });
  disk.capacity = Number.POSITIVE_INFINITY;
  await life([frame(3, 2)], { disk });
  const { text, serials } = await stored();
  t.equal(text, disk.text("/logs/web/audit.log"));
  t.ok(serials.length < 11, "something was lost");
});

t.test(
  "a log that is made anew begins a generation; a scope without a stream has none",
  async (t) => {
    const folder = t.testdir();
    const { life, stored, streams } = rig(folder);
    await life([frame(1, 2)]);
    await life([frame(2, 2)], { fresh: true });
    t.same((await stored()).generations, [1, 2]);
    await life([frame(3, 2)], { stream: undefined });
    t.same((await stored()).generations, [1, 2]);
    await life([frame(4, 1)]);
    t.equal((await stored()).serials.at(-1), 5, "what was logged meanwhile is read from the log");
    t.equal((await streams.reader("4").bounds()).first > 0, true);
  },
);
