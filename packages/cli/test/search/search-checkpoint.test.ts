import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AuditEvent } from "@cauditd/auparse/search";
import t from "tap";
import { SearchCheckpoint } from "../../src/search/search-checkpoint.ts";

function eventAt(sec: number, serial: number): AuditEvent {
  const event = new AuditEvent();
  Object.assign(event, { sec, serial, count: 1 });
  event.types[0] = 1300;
  return event;
}

function opened(path: string): { point: SearchCheckpoint | number; err: () => string } {
  let text = "";
  const err = (more: string): void => {
    text += more;
  };
  return { point: SearchCheckpoint.open({ path, timeOnly: false, err }), err: () => text };
}

t.test("a checkpoint is the last event that was complete, and leads to its log", async (t) => {
  const dir = t.testdir({ a: "", b: "", cp: "" });
  const path = join(dir, "point");
  const logs = [join(dir, "a"), join(dir, "b")];
  const { point } = opened(path);
  if (typeof point === "number") throw new Error("no checkpoint");
  t.strictSame(point.logs(logs), logs);
  t.equal(point.isNew(eventAt(5, 1)), true);
  point.note(eventAt(5, 1));
  t.equal(point.write(join(dir, "b")), 0);
  t.match(readFileSync(path, "latin1"), /output=- 5\.000:1 0x514\n$/);

  const { point: next, err } = opened(path);
  if (typeof next === "number") throw new Error("no checkpoint");
  t.strictSame(next.logs(logs), [join(dir, "b")]);
  t.equal(next.logs([join(dir, "a")]), 10, "its log is gone");
  t.equal(next.isNew(eventAt(5, 1)), false);
  t.equal(next.isNew(eventAt(5, 2)), true);
  t.equal(next.failed, 0);
  t.equal(next.write(join(dir, "none")), 11);
  t.match(err(), /^Cannot stat audit file for checkpoint details - .*none: No such file/);
});

t.test("an event that is too young, and a file that says nothing", async (t) => {
  const dir = t.testdir({ log: "" });
  const path = join(dir, "point");
  writeFileSync(path, "dev=0x1\ninode=2\noutput=- 5.000:1 0x514\n");
  const { point, err } = opened(path);
  if (typeof point === "number") throw new Error("no checkpoint");
  t.equal(point.isNew(eventAt(8, 2)), undefined);
  t.equal(point.failed, 12);
  t.match(err(), /^Corrupted checkpoint file\. .*\(8\.000:2\).* 5\.000:1\n$/);
  writeFileSync(path, "");
  t.equal(opened(path).point, 10);
});
