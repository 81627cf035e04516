import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FollowOptions, followLog } from "@cauditd/client";
import t from "tap";
import { batchOf } from "./batches.ts";

const text = (...serials: number[]): string => Buffer.from(batchOf(1, serials).bytes).toString();

async function seen(path: string, options: Partial<FollowOptions>): Promise<(number | string)[]> {
  const all: (number | string)[] = [];
  for await (const item of followLog(path, { from: "begin", follow: false, ...options })) {
    const { event, gap } = item;
    all.push(gap === undefined ? event.serial : `${gap.first}-${gap.last}`);
  }
  return all;
}

t.test("a log and its rotated files are read as one, with gaps", async (t) => {
  const folder = t.testdir({ "audit.log": text(6, 7), "audit.log.1": text(1, 2, 3) });
  const path = join(folder, "audit.log");
  t.same(await seen(path, {}), [1, 2, 3, "4-5", 6, 7]);
  t.same(await seen(path, { from: { generation: 1, serial: 3 } }), ["4-5", 6, 7]);
  t.same(await seen(path, { from: { generation: 1, serial: 6 } }), [7]);
});

t.test("records of the daemon itself are neither events nor gaps", async (t) => {
  const own = "type=DAEMON_ROTATE msg=audit(1700000000.001:4711): op=rotate-logs\n";
  const folder = t.testdir({ "audit.log": own + text(3) + own, "audit.log.1": own + text(1, 2) });
  t.same(await seen(join(folder, "audit.log"), {}), [1, 2, 3]);
});

t.test("events that are appended come while it is followed, over a rotation", async (t) => {
  const folder = t.testdir({ "audit.log": text(1) });
  const path = join(folder, "audit.log");
  const stop = new AbortController();
  const steps = [
    () => appendFileSync(path, text(2)),
    () => renameSync(path, `${path}.1`),
    () => writeFileSync(path, text(3)),
    () => stop.abort(),
  ];
  const pause = async (): Promise<void> => steps.shift()?.();
  const options = { from: "end" as const, follow: true, pause, signal: stop.signal };
  t.same(await seen(path, options), [2, 3]);
});

t.test("a folder that is taken over as a copy is read on, each event once", async (t) => {
  const folder = join(t.testdir({ web: { "audit.log": text(1, 2) } }), "web");
  const path = join(folder, "audit.log");
  const stop = new AbortController();
  const steps = [
    // What a late owner had written in part, and then its log.
    () => appendFileSync(path, text(3).slice(0, 20)),
    () => {
      mkdirSync(`${folder}.new`);
      writeFileSync(join(`${folder}.new`, "audit.log"), text(1, 2));
      renameSync(folder, `${folder}.old`);
    },
    () => renameSync(`${folder}.new`, folder),
    () => appendFileSync(path, text(3, 4)),
    () => rmSync(`${folder}.old`, { recursive: true }),
    () => stop.abort(),
  ];
  const pause = async (): Promise<void> => steps.shift()?.();
  t.same(await seen(path, { follow: true, pause, signal: stop.signal }), [1, 2, 3, 4]);
});
