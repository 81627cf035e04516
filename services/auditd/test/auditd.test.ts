import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Auditd, AuditdInstance, InstanceLog } from "@cauditd/auditd";
import { MemoryBus } from "@cauditd/bus";
import { scopeProblem } from "@cauditd/kernel";
import { Arch, AuditError, Errno } from "@cauditd/libaudit";
import fc from "fast-check";
import t, { type Test } from "tap";
import { Gate, interceptWrites, openFiles } from "./file-handle.ts";
import { encode, simpleEvents } from "./frames.ts";
import { HandBus, Told } from "./hand-bus.ts";
import { rule } from "./rules.ts";

const LIMITS = { frames: 64, bytes: 1024 * 1024 };

interface Rig {
  readonly bus: HandBus;
  readonly told: Told;
  readonly served: AuditdInstance;
}

/** An instance of scope 4 that writes into `path`, of the dispatcher's first life. */
async function instance(path: string, told = new Told()): Promise<AuditdInstance> {
  const log = await InstanceLog.open(path, { log: told });
  return new AuditdInstance({ name: "web", scope: "4", log, told });
}

/** The same, that gets its frames from the test. */
async function rig(path: string): Promise<Rig> {
  const bus = new HandBus();
  const told = new Told();
  const served = await instance(path, told);
  await served.start(bus);
  return { bus, told, served };
}

function log(t: Test): string {
  return join(t.testdir(), "audit.log");
}

async function read(path: string): Promise<string[]> {
  return (await readFile(path, "latin1")).split("\n").slice(0, -1);
}

/** The serials of a log's lines. */
async function serials(path: string): Promise<number[]> {
  return (await read(path)).map((line) => Number(/:(\d+)\)/.exec(line)?.[1]));
}

function codeOf(reason: unknown): string | undefined {
  return reason instanceof Error && "code" in reason ? String(reason.code) : undefined;
}

t.test("frames are written in order, and acknowledged when they are in the log", async (t) => {
  const gate = new Gate();
  await interceptWrites(t, async (write, ...args) => {
    await gate.pass();
    return write(...args);
  });
  const { bus, served } = await rig(log(t));
  for (const sequence of [1, 2, 3]) bus.deliver(sequence, encode("4", sequence, simpleEvents(2)));
  await gate.reached;
  t.same(bus.acked, []);
  t.match(served.account, { routed: 6, inFlight: 6, written: 0 });
  gate.open();
  await served.reached(3);
  t.same(bus.acked, [1, 2, 3]);
  t.same(await serials(served.path), [1, 2, 3, 4, 5, 6]);
  t.match(served.account, { routed: 6, written: 6, inFlight: 0 });
  await served.stop();
});

t.test("a frame that is delivered twice is written once, and acknowledged again", async (t) => {
  const { bus, served } = await rig(log(t));
  const frame = encode("4", 1, simpleEvents(2), 5);
  bus.deliver(1, frame);
  bus.deliver(1, frame, { redelivered: true });
  bus.deliver(2, encode("4", 2, simpleEvents(1)));
  bus.deliver(1, frame, { redelivered: true });
  await served.reached(2);
  await served.stop();
  t.same(bus.acked, [1, 1, 1, 2]);
  t.same(await serials(served.path), [6, 7, 8, 9], "6 is the marker of the loss");
  t.match(served.account, { routed: 8, own: 1, written: 4, lost: { bus: 5 } });
});

t.test("what a frame says was lost is counted, and makes a gap in the serials", async (t) => {
  const { bus, served } = await rig(log(t));
  bus.deliver(1, encode("4", 1, simpleEvents(1)));
  bus.deliver(2, encode("4", 2, simpleEvents(1), 7));
  bus.deliver(3, encode("4", 3, [], 2));
  bus.deliver(4, encode("4", 4, simpleEvents(1)));
  await served.reached(4);
  t.same(await serials(served.path), [1, 9, 10, 13], "9 is a marker");
  t.match(served.account, { routed: 12, own: 1, written: 4, lost: { bus: 9 } });
  t.equal(scopeProblem("web", served.account), undefined);
  await served.stop();
});

t.test("frames that are none, or not this scope's, are refused, and hold nothing up", async (t) => {
  const { bus, told, served } = await rig(log(t));
  const foreign = [{ lines: ["type=USER_CMD msg=audit(1.000:1): pid=1"], chain: "9" }];
  bus.deliver(1, Buffer.from("junk"));
  bus.deliver(2, encode("5", 2, simpleEvents(1)));
  bus.deliver(3, encode("4", 7, simpleEvents(1)));
  bus.deliver(4, encode("4", 4, foreign));
  bus.deliver(5, encode("4", 5, simpleEvents(1)));
  bus.deliver(6, new Uint8Array(0));
  await served.reached(6);
  t.equal(served.refused, 5);
  t.same(told.texts, new Array(5).fill("frame refused"));
  t.same(bus.acked, [1, 2, 3, 4, 5, 6]);
  t.same(await serials(served.path), [1]);
  t.match(served.account, { routed: 1, written: 1 });
  t.equal(served.failure, undefined);
  bus.deliver(2, encode("5", 2, simpleEvents(1)), { redelivered: true });
  bus.fail(new AuditError(Errno.EBADMSG, "delivery 9: no frame headers"));
  bus.deliver(7, encode("4", 7, simpleEvents(1)));
  await served.reached(7);
  t.equal(served.refused, 6, "one that comes again is not counted again");
  t.same(await serials(served.path), [1, 2], "EBADMSG is about one frame");
  await served.stop();
});

t.test("a write failure is counted as lost (disk), and nobody waits behind it", async (t) => {
  await interceptWrites(t, async () => {
    throw Object.assign(new Error("ENOSPC: no space left, write"), { code: "ENOSPC" });
  });
  const { bus, told, served } = await rig(log(t));
  bus.deliver(1, encode("4", 1, simpleEvents(2)));
  bus.deliver(2, encode("4", 2, simpleEvents(3), 4));
  await t.rejects(served.reached(2), { code: "ENOSPC" });
  t.match(served.failure, { code: "ENOSPC" });
  t.same(bus.acked, [1, 2]);
  t.match(served.account, { routed: 9, written: 0, inFlight: 0, lost: { disk: 6, bus: 4 } });
  t.same(told.texts, ["cannot write the log"], "told once");
  bus.deliver(3, encode("4", 3, simpleEvents(1)));
  await t.rejects(served.reached(3), { code: "ENOSPC" });
  t.match(served.account, { routed: 10, own: 1, lost: { disk: 7 } });
  t.equal(scopeProblem("web", served.account), undefined);
  await served.stop();
});

t.test("behind a write failure the log gets nothing more", async (t) => {
  let fails = false;
  await interceptWrites(t, async (write, ...args) => {
    if (fails) throw Object.assign(new Error("EIO: i/o error, write"), { code: "EIO" });
    return await write(...args);
  });
  const { bus, served } = await rig(log(t));
  bus.deliver(1, encode("4", 1, simpleEvents(2)));
  await served.reached(1);
  fails = true;
  bus.deliver(2, encode("4", 2, simpleEvents(2)));
  await t.rejects(served.reached(2), { code: "EIO" });
  fails = false;
  bus.deliver(3, encode("4", 3, simpleEvents(2)));
  await t.rejects(served.reached(3), { code: "EIO" });
  t.same(await serials(served.path), [1, 2]);
  t.match(served.account, { routed: 6, written: 2, lost: { disk: 4 } });
  await served.stop();
});

t.test("stop finishes the frames at hand; those that come meanwhile stay on the bus", async (t) => {
  const gate = new Gate();
  await interceptWrites(t, async (write, ...args) => {
    await gate.pass();
    return write(...args);
  });
  const bus = new MemoryBus(LIMITS);
  const path = log(t);
  const served = await instance(path);
  for (let sequence = 1; sequence <= 7; sequence++) {
    await bus.publish("4", sequence, encode("4", sequence, simpleEvents(1)));
  }
  await served.start(bus);
  await gate.reached;
  const stopped = served.stop();
  const beyond = served.reached(7);
  gate.open();
  await t.rejects(beyond, {
    message:
      "ESHUTDOWN: cannot send after transport endpoint shutdown, " +
      "frame 7 of scope 4: it was stopped",
  });
  await stopped;
  await served.reached(4);
  t.same(await serials(served.path), [1, 2, 3, 4], "as many as its window");
  t.match(served.account, { routed: 4, written: 4, inFlight: 0 });
  t.match(await bus.state("4"), { frames: 3 });
  const next = await instance(path);
  await next.start(bus);
  await next.reached(7);
  await next.stop();
  t.same(await serials(served.path), [1, 2, 3, 4, 5, 6, 7], "a new instance goes on");
  t.match(next.total, { routed: 7, written: 7 });
  t.match(await bus.state("4"), { frames: 0 });
});

t.test("the end of the subscription is told, and what is at hand is finished", async (t) => {
  const { bus, told, served } = await rig(log(t));
  bus.deliver(1, encode("4", 1, simpleEvents(1)));
  const far = served.reached(2);
  bus.fail(new AuditError(Errno.ENOENT, "subscription of scope 4: its queue was removed"));
  await t.rejects(far, { code: "ENOENT" });
  t.match(served.failure, { code: "ENOENT" });
  t.same(told.texts, ["the subscription of the scope failed"]);
  await served.stop();
  t.same(await serials(served.path), [1]);
  t.match(served.account, { routed: 1, written: 1, inFlight: 0 });
});

t.test("a subscription that cannot be closed does not keep the log open", async (t) => {
  const folder = t.testdir();
  const { bus, served } = await rig(join(folder, "audit.log"));
  bus.deliver(1, encode("4", 1, simpleEvents(1)));
  bus.closing = async () => {
    throw new AuditError(Errno.ETIMEDOUT, "close");
  };
  await t.rejects(served.stop(), { code: "ETIMEDOUT" });
  t.same(bus.acked, [1]);
  await t.rejects(served.reached(2), { code: "ESHUTDOWN" });
  t.same(await openFiles(folder), []);
});

t.test("every event is in exactly one column, whatever comes", async (t) => {
  const folder = t.testdir();
  let room = 0;
  await interceptWrites(t, async (write, buffer, offset, length, position) => {
    if (room === 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    const { bytesWritten } = await write(buffer, offset, Math.min(length, room), position);
    room -= bytesWritten;
    return { bytesWritten };
  });
  const step = fc.record({
    kind: fc.constantFrom("frame", "frame", "frame", "again", "junk", "foreign", "toggle"),
    events: fc.nat({ max: 20 }),
    lost: fc.nat({ max: 3 }),
  });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step), fc.nat({ max: 9000 }), async (steps, space) => {
      room = space;
      const { bus, served } = await rig(join(folder, String(runs++), "audit.log"));
      let sequence = 0;
      let routed = 0;
      let refused = 0;
      let frame: Uint8Array = new Uint8Array(0);
      for (const { kind, events, lost } of steps) {
        if (kind === "toggle") {
          await served.reached(sequence).catch(() => undefined);
          served.instance.status.enabled = served.instance.status.enabled === 1 ? 0 : 1;
          continue;
        }
        if (kind === "again") {
          if (sequence > 0) bus.deliver(sequence, frame, { redelivered: true });
          continue;
        }
        frame = encode(kind === "foreign" ? "5" : "4", ++sequence, simpleEvents(events), lost);
        if (kind === "junk") frame = frame.slice(0, frame.length >> 1);
        if (kind === "frame") routed += events + lost;
        else refused++;
        bus.deliver(sequence, frame);
      }
      const reason = await served.reached(sequence).then(() => undefined, codeOf);
      await served.stop();
      const { account } = served;
      const lines = await serials(served.path);
      const law = scopeProblem("web", account) === undefined && account.inFlight === 0;
      const counts = account.routed === routed && served.refused === refused;
      const fails = codeOf(served.failure) === "ENOSPC";
      const disk = fails === account.lost.disk > 0 && (fails || reason === undefined);
      const inLog = lines.length === account.written;
      const gap = served.instance.serial === account.routed + account.own - account.disabled;
      const rising = lines.every((serial, index) => serial > (lines[index - 1] ?? 0));
      return law && counts && disk && inLog && gap && rising;
    }),
    { numRuns: 60 },
  );
});

t.test("each scope has a log of its own, and its own serials (CID-96)", async (t) => {
  const folder = t.testdir();
  const bus = new MemoryBus(LIMITS);
  const auditd = new Auditd(bus, folder, new Told());
  const host = await auditd.serve("host", "host");
  const web = await auditd.serve("web", "4");
  t.same([...auditd.instances.keys()], ["host", "4"]);
  t.equal(auditd.instances.get("4"), web);
  t.equal(web.path, join(folder, "web", "audit.log"));
  await bus.publish("host", 1, encode("host", 1, simpleEvents(3)));
  await bus.publish("4", 1, encode("4", 1, simpleEvents(2)));
  await Promise.all([host.reached(1), web.reached(1)]);
  await auditd.stop();
  t.same(await serials(host.path), [1, 2, 3]);
  t.same(await serials(web.path), [1, 2]);
});

t.test("CID-98: the rules of one instance change no other's log", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const auditd = new Auditd(bus, t.testdir(), new Told());
  const rules = [rule("-a", "never,user", "-F", "pid=1")];
  const host = await auditd.serve("host", "host");
  const web = await auditd.serve("web", "4", {
    rules: { rules, arch: Arch.X86_64 },
  });
  await bus.publish("host", 1, encode("host", 1, simpleEvents(3)));
  await bus.publish("4", 1, encode("4", 1, simpleEvents(3)));
  await Promise.all([host.reached(1), web.reached(1)]);
  await auditd.stop();
  t.same(await serials(host.path), [1, 2, 3]);
  t.same(await serials(web.path), []);
  t.match(web.account, { routed: 3, filtered: 3, written: 0 });
});

t.test("a scope that is served is EBUSY, and stays served", async (t) => {
  const bus = new MemoryBus(LIMITS);
  const auditd = new Auditd(bus, t.testdir(), new Told());
  const web = await auditd.serve("web", "4");
  await t.rejects(auditd.serve("other", "4"), { code: "EBUSY" });
  t.equal(auditd.instances.get("4"), web);
  await bus.publish("4", 1, encode("4", 1, simpleEvents(1)));
  await web.reached(1);
  await auditd.stop();
  t.same(await serials(web.path), [1]);
});

t.test("a scope or a folder that cannot be served leaves nothing behind", async (t) => {
  const folder = t.testdir({ file: "" });
  const bus = new MemoryBus(LIMITS);
  const auditd = new Auditd(bus, folder, new Told());
  await t.rejects(auditd.serve("web", "not a scope"), { code: "EINVAL" });
  await t.rejects(auditd.serve("file/x", "4"), { code: "ENOTDIR" });
  t.equal(auditd.instances.size, 0);
  t.same(await openFiles(folder), []);
  const web = await auditd.serve("web", "4");
  const own = join(folder, "web", ".checkpoint");
  t.same((await openFiles(folder)).sort(), [join(folder, "web"), own, web.path]);
  await auditd.stop();
  t.same(await openFiles(folder), []);
});

t.test("one instance that fails does not touch the others", async (t) => {
  const bus = new MemoryBus(LIMITS);
  let broken = "";
  await interceptWrites(t, (write, buffer, ...args) => {
    if (broken === "" || !buffer.includes(broken)) return write(buffer, ...args);
    return Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }));
  });
  const auditd = new Auditd(bus, t.testdir(), new Told());
  const web = await auditd.serve("web", "4");
  const db = await auditd.serve("db", "5");
  broken = "n=13";
  for (let sequence = 1; sequence <= 20; sequence++) {
    await bus.publish("4", sequence, encode("4", sequence, simpleEvents(20)));
    await bus.publish("5", sequence, encode("5", sequence, simpleEvents(5)));
  }
  await t.rejects(web.reached(20), { code: "EIO" });
  await db.reached(20);
  t.match(web.account, { routed: 400, written: 0, lost: { disk: 400 } });
  t.match(db.account, { routed: 100, written: 100 });
  t.match(await bus.state("4"), { frames: 0 }, "its queue does not fill up");
  await auditd.stop();
});
