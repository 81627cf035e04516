// The lock between set-ups.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import t from "tap";
import { ownerName, withLock } from "../../scripts/lock.mjs";

const MODULE = new URL("../../scripts/lock.mjs", import.meta.url).href;

t.test("the lock is held while the work runs and gone afterwards", async (t) => {
  const dir = path.join(t.testdir(), "a/lock");
  const answer = await withLock(dir, async () => {
    t.match(readdirSync(dir)[0], new RegExp(`~${process.pid}~`));
    return 5;
  });
  t.equal(answer, 5);
  t.same(readdirSync(path.dirname(dir)), []);
});

t.test("the lock is given back when the work fails", async (t) => {
  const dir = path.join(t.testdir(), "lock");
  await t.rejects(
    withLock(dir, async () => {
      throw new Error("no luck");
    }),
    { message: "no luck" },
  );
  t.notOk(existsSync(dir));
});

t.test("the work of waiting callers never overlaps", async (t) => {
  const told = t.capture(process.stderr, "write", () => true);
  const dir = path.join(t.testdir(), "lock");
  let inside = 0;
  const most: number[] = [];
  const work = async (): Promise<void> => {
    most.push(++inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(dir, work)));
  t.same(most, [1, 1, 1]);
  t.equal(told().length, 2, "each waiting caller says once that it waits");
});

t.test("many processes that find a dead owner take over one after the other", async (t) => {
  const base = t.testdir();
  const dir = path.join(base, "lock");
  const dead = spawn(process.execPath, ["-e", ""]);
  const name = ownerName(dead.pid ?? 0);
  await once(dead, "exit");
  mkdirSync(dir);
  writeFileSync(path.join(dir, name), "");
  const program = `
    import { appendFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(MODULE)};
    await withLock("lock", async () => {
      appendFileSync("log", "in ");
      await new Promise(setImmediate);
      appendFileSync("log", "out\\n");
    });`;
  const args = ["--input-type=module", "-e", program];
  const children = [1, 2, 3, 4].map(() => spawn(process.execPath, args, { cwd: base }));
  const codes = await Promise.all(children.map((child) => once(child, "exit")));
  t.same(codes.flat(), [0, null, 0, null, 0, null, 0, null]);
  t.notOk(existsSync(dir));
  t.equal(readFileSync(path.join(base, "log"), "utf8"), "in out\n".repeat(4));
});

t.test("a process id that was given to another process does not keep the lock", async (t) => {
  const dir = path.join(t.testdir({ lock: {} }), "lock");
  const [host, pid, started, random] = ownerName(process.pid).split("~");
  t.match(started, /^\d+$/, "proc(5) says when a process started");
  writeFileSync(path.join(dir, [host, pid, "1", random].join("~")), "");
  t.equal(await withLock(dir, async () => "taken"), "taken");
});

t.test("the lock of another host is dead after half an hour", async (t) => {
  const dir = path.join(t.testdir({ lock: { "elsewhere.example~1~1~aa": "" } }), "lock");
  const controller = new AbortController();
  controller.abort(new Error("waited"));
  const { signal } = controller;
  await t.rejects(
    withLock(dir, async () => 1, { signal }),
    { message: "waited" },
  );
  const old = Date.now() / 1000 - 1801;
  utimesSync(path.join(dir, "elsewhere.example~1~1~aa"), old, old);
  t.equal(await withLock(dir, async () => "taken"), "taken");
});
