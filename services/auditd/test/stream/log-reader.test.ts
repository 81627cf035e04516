import fc from "fast-check";
import t from "tap";
import { daemonRecord, eventsOf, serialsOf } from "../../../../packages/auparse/test/log-text.ts";
import type { Disk } from "../../src/io/disk.ts";
import { rotate } from "../../src/io/rotation.ts";
import { LogReader } from "../../src/stream/log-reader.ts";
import { BATCH_BYTES } from "../../src/stream/stream-course.ts";
import { countingDisk, LOG, LogDisk } from "./log-disk.ts";

interface Read {
  readonly serials: readonly number[];
  readonly missed: number;
}

/** Reads until nothing more is there. */
async function readAll(reader: LogReader, behind: number, upTo: number, since = 0): Promise<Read> {
  const serials: number[] = [];
  let missed = 0;
  for (let at = behind; ; ) {
    const found = await reader.read({ behind: at, upTo, since, most: BATCH_BYTES });
    serials.push(...serialsOf(found.lines?.bytes ?? Buffer.alloc(0)));
    missed += found.missed;
    if (found.whole) return { serials, missed };
    at = found.last;
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

t.test("a log is read through its rotated files, behind a serial and up to one", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 3), eventsOf(4, 6), daemonRecord(7), eventsOf(7, 9));
  await log.compress(3);
  const reader = new LogReader(log.disk, LOG);
  t.same(await readAll(reader, 0, 9), { serials: range(1, 9), missed: 0 });
  t.same(await readAll(reader, 2, 8), { serials: range(3, 8), missed: 0 });
  t.same(await readAll(reader, 6, 9), { serials: range(7, 9), missed: 0 });
  t.same(await readAll(reader, 9, 9), { serials: [], missed: 0 });
});

t.test("what was rotated away is missed, and the rest is read", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 3), eventsOf(4, 6), eventsOf(7, 9));
  await log.disk.remove(`${LOG}.2`);
  const reader = new LogReader(log.disk, LOG);
  t.same(await readAll(reader, 1, 9), { serials: range(4, 9), missed: 2 });
  const nothing = new LogReader((await LogDisk.of()).disk, LOG);
  t.same(await readAll(nothing, 1, 9), { serials: [], missed: 0 });
});

t.test("events too old for the stream are passed over", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 3));
  const reader = new LogReader(log.disk, LOG);
  t.same(await readAll(reader, 0, 3, 1_700_000_000_003), { serials: [3], missed: 2 });
});

t.test("a rotation at any step between costs nothing", async (t) => {
  const steps = ["status", "list", "open"] as const;
  for (const step of steps) {
    for (let at = 1; at <= 6; at++) {
      const log = await LogDisk.of(eventsOf(1, 3), eventsOf(4, 6));
      let calls = 0;
      const disk: Disk = log.before(step, async () => {
        if (++calls !== at) return;
        await log.rotate();
        await log.append(eventsOf(7, 9));
        await log.compress(1);
      });
      const counting = countingDisk(disk);
      const reader = new LogReader(counting.disk, LOG);
      const { serials } = await readAll(reader, 1, 6);
      t.same(serials, range(2, 6), `rotated before ${step} ${at}`);
      await reader.close();
      t.equal(counting.open.size, 0, "every file is closed");
    }
  }
});

t.test("a rotation that leaves the same names is seen by the files behind them", async (t) => {
  for (const step of ["status", "list", "open"] as const) {
    for (let at = 1; at <= 12; at++) {
      const log = await LogDisk.of(eventsOf(1, 3), eventsOf(4, 6), eventsOf(7, 9));
      let calls = 0;
      const disk = log.before(step, async () => {
        if (++calls !== at) return;
        await rotate(log.disk, LOG, 2, 0o400);
        await log.append(eventsOf(10, 12));
      });
      const counting = countingDisk(disk);
      const reader = new LogReader(counting.disk, LOG);
      const { serials } = await readAll(reader, 3, 9);
      t.same(serials, range(4, 9), `rotated before ${step} ${at}`);
      await reader.close();
      t.equal(counting.open.size, 0, "every file is closed");
    }
  }
});

t.test("a reader that is closed while it reads leaves no file open", async (t) => {
  for (const step of ["status", "list", "open"] as const) {
    for (let at = 1; at <= 6; at++) {
      const log = await LogDisk.of(eventsOf(1, 3), eventsOf(4, 6));
      let calls = 0;
      const disk = log.before(step, async () => {
        if (++calls === at) await reader.close();
      });
      const counting = countingDisk(disk);
      const reader: LogReader = new LogReader(counting.disk, LOG);
      await readAll(reader, 1, 6).catch(() => undefined);
      await reader.close();
      t.equal(counting.open.size, 0, `closed before ${step} ${at}`);
    }
  }
});

t.test("files that a rotation under way has moved are looked for anew", async (t) => {
  for (let at = 1; at <= 6; at++) {
    const log = await LogDisk.of(eventsOf(1, 3), eventsOf(4, 6), eventsOf(7, 9), eventsOf(10, 12));
    let calls = 0;
    const disk: Disk = log.before("open", async () => {
      if (++calls !== at) return;
      for (const number of [3, 2, 1]) {
        await log.disk.rename(`${LOG}.${number}`, `${LOG}.${number + 1}`);
      }
    });
    const { serials, missed } = await readAll(new LogReader(disk, LOG), 1, 12);
    t.same({ serials, missed }, { serials: range(2, 12), missed: 0 }, `moved before open ${at}`);
  }
});

t.test("what was taken back behind the serial asked for is never read", async (t) => {
  const log = await LogDisk.of(eventsOf(1, 3));
  const size = log.disk.text(LOG)?.length ?? 0;
  await log.append(eventsOf(90, 91).slice(0, -7));
  const reader = new LogReader(log.disk, LOG);
  const first = await reader.read({ behind: 0, upTo: 3 });
  t.same(serialsOf(first.lines?.bytes ?? Buffer.alloc(0)), [1, 2, 3]);
  const file = await log.disk.open(LOG, "update", 0o600);
  await file.truncate(size);
  await log.append(eventsOf(4, 5));
  t.same((await readAll(reader, 3, 5)).serials, [4, 5]);
});

t.test("however a log is cut into files, each event is read once", async (t) => {
  const cut = fc.record({
    files: fc.array(fc.record({ events: fc.nat(30), long: fc.boolean(), packed: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    }),
    behind: fc.nat(60),
    upTo: fc.nat(60),
  });
  const run = fc.asyncProperty(cut, async ({ files, behind, upTo }) => {
    let last = 0;
    const texts = files.map(({ events, long }) => {
      const text = eventsOf(last + 1, last + events, "x".repeat(long ? 30_000 : 0));
      last += events;
      return text + (long ? daemonRecord(17) : "");
    });
    const log = await LogDisk.of(...texts);
    for (const [i, { packed }] of files.entries()) {
      if (packed && i < files.length - 1) await log.compress(files.length - 1 - i);
    }
    const from = Math.min(behind, last);
    const to = Math.min(Math.max(upTo, from), last);
    const { serials, missed } = await readAll(new LogReader(log.disk, LOG), from, to);
    return missed === 0 && serials.join() === range(from + 1, to).join();
  });
  await t.resolves(fc.assert(run, { numRuns: 60 }));
});
