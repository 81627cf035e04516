import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuditParser } from "@cauditd/auparse";
import fc from "fast-check";
import t, { type Test } from "tap";
import { fromListener } from "../../src/source/record-listener.ts";
import { problemsOf } from "../problems.ts";
import { event } from "../records.ts";

function rig(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  const path = join(folder, "s");
  const seen: number[] = [];
  const looking = new Set<() => void>();
  const parser = new AuditParser((found) => seen.push(found.serial));
  const stop = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  const listening = new Promise<void>((resolve) => {
    const log = { warn: () => resolve(), error: () => undefined };
    const push = (bytes: Uint8Array): undefined => {
      parser.push(bytes);
      parser.settle();
      for (const look of looking) look();
    };
    const config = { type: "listen", path, address: "127.0.0.1" } as const;
    ended = fromListener(config, push, stop.signal, log);
  });
  t.teardown(async () => {
    stop.abort();
    await ended;
    rmSync(folder, { recursive: true });
  });
  const writer = async (): Promise<Socket> => {
    const socket = connect(path);
    await once(socket, "connect");
    return socket;
  };
  const until = (count: () => number, target: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (count() < target) return;
        looking.delete(look);
        resolve();
      };
      looking.add(look);
      look();
    });
  return { path, seen, parser, stop, listening, writer, until, ended: () => ended };
}

t.test("lines of several writers are not cut by each other", async (t) => {
  const { seen, parser, listening, writer, until } = rig(t);
  await listening;
  const [one, two] = [await writer(), await writer()];
  const [first, second] = [event(1, 100), event(2, 100)];
  one.write(first.slice(0, 30));
  two.write(second);
  await until(() => seen.length, 1);
  one.write(first.slice(30));
  await until(() => seen.length, 2);
  t.same(seen.sort(), [1, 2]);
  t.equal(parser.malformed.total, 0);
});

t.test("a line that is cut by the end of its writer, or too long, spoils no other", async (t) => {
  const { seen, parser, listening, writer, until } = rig(t);
  await listening;
  const one = await writer();
  one.end(event(1, 100).trimEnd().slice(0, -10));
  await until(() => parser.malformed.total, 1);
  const two = await writer();
  two.write("x".repeat(40_000));
  await until(() => parser.malformed.total, 2);
  two.write(`\n${event(3, 100)}`);
  await until(() => seen.filter((serial) => serial === 3).length, 1);
});

t.test("a stop ends it, and what is no socket stays", async (t) => {
  const { path, stop, listening, ended } = rig(t);
  await listening;
  stop.abort();
  await ended();
  const config = { type: "listen", path: "/dev/null", address: "" } as const;
  const log = { warn: () => undefined, error: () => undefined };
  const open = (): Promise<void> =>
    fromListener(config, () => undefined, new AbortController().signal, log);
  t.match(await problemsOf(open), [/^\/dev\/null: /]);
  t.ok(path);
});

t.test("whatever a writer sends, in whatever pieces, another's events arrive whole", async (t) => {
  const { seen, listening, writer, until } = rig(t);
  await listening;
  const sane = await writer();
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string().map((text) => Buffer.from(`type=SYSCALL msg=audit(1.0:${text}`)),
    fc.nat(40_000).map((size) => Buffer.alloc(size, "a")),
  );
  let serial = 1_000_000;
  await fc.assert(
    fc.asyncProperty(fc.array(junk, { maxLength: 5 }), async (pieces) => {
      const enemy = await writer();
      const text = event(++serial, 100);
      sane.write(text.slice(0, 20));
      for (const piece of pieces) {
        await new Promise((resolve) => enemy.write(piece, resolve));
      }
      enemy.end();
      await once(enemy, "close");
      sane.write(text.slice(20));
      await until(() => seen.filter((one) => one === serial).length, 1);
    }),
    { numRuns: 30 },
  );
  t.ok(seen.includes(serial));
});
