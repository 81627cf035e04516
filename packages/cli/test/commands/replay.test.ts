import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { type ReplayOptions, replay } from "../../src/commands/replay.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";
import { event, events } from "../records.ts";

const WEB = { name: "web", contid: "1", pid: 100 };

/** A folder with `c.json` and the files; their paths by name. */
function folderOf(
  t: Test,
  files: Readonly<Record<string, string | Buffer>>,
): (name: string) => string {
  const folder = t.testdir({});
  const all = { "c.json": JSON.stringify([WEB]), ...files };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content);
  return (name) => join(folder, name);
}

function optionsOf(at: (name: string) => string, more: Partial<ReplayOptions> = {}): ReplayOptions {
  return { containers: at("c.json"), out: at("out"), ...more };
}

/** Number of records in a log. */
function records(path: string): number {
  return readFileSync(path, "latin1").split("\n").length - 1;
}

t.test("logs are read one after the other, and the table is printed", async (t) => {
  const at = folderOf(t, { a: events(1, 5, 100), b: gzipSync(events(6, 5, 7)) });
  const io = fakeIo();
  t.equal(await replay([at("a"), at("b")], optionsOf(at), io), 0);
  t.match(io.stdout(), /^host +5 +10( +0){7} +10\nweb +5 +5( +0){7} +5$/m);
  t.equal(io.stderr(), "");
  t.equal(records(at("out/host/audit.log")), 25);
  t.equal(records(at("out/web/audit.log")), 15);
});

interface Poor {
  readonly name: string;
  readonly content: string | Buffer;
  /** captured, malformed, records, events */
  readonly counts: readonly [number, number, number, number];
}

const whole = event(1, 100);
const poor: readonly Poor[] = [
  { name: "nothing", content: "", counts: [0, 0, 0, 0] },
  { name: "blank lines only", content: "\n\r\n\n", counts: [0, 0, 0, 0] },
  { name: "garbage only", content: "junk\n\0\0\n\x1b[2J\n", counts: [3, 3, 0, 0] },
  { name: "a line without newline", content: whole.trimEnd(), counts: [2, 0, 2, 1] },
  { name: "a line cut in its head", content: `${whole}type=SYSC`, counts: [3, 1, 2, 1] },
  { name: "a line without an end", content: "x".repeat(2 ** 21), counts: [1, 1, 0, 0] },
  { name: "gzip of garbage", content: gzipSync("junk\n"), counts: [1, 1, 0, 0] },
];

for (const { name, content, counts } of poor) {
  t.test(`a log with ${name} is accounted for, and is no failure`, async (t) => {
    const at = folderOf(t, { log: content });
    const io = fakeIo();
    t.equal(await replay([at("log")], optionsOf(at, { json: true }), io), 0);
    const { host, problems } = JSON.parse(io.stdout());
    t.same([host.captured, host.malformed, host.records, host.events], counts);
    t.same(problems, []);
    const malformed = counts[1];
    t.equal(io.stderr().split("\n").length - 1, malformed === 0 ? 0 : malformed + 1);
    t.notMatch(io.stderr(), /[^\n\x20-\x7e]/, "only printable text");
  });
}

t.test("malformed lines are told by kind and place", async (t) => {
  const at = folderOf(t, { log: `${whole}junk\ntype=SYSCALL msg=audit(x:1): \n` });
  const io = fakeIo();
  await replay([at("log")], optionsOf(at), io);
  t.equal(
    io.stderr(),
    "cauditd: 2 malformed: 1 garbage, 1 stamp\n" +
      `cauditd:   line 3, byte ${whole.length}: garbage: junk\n` +
      `cauditd:   line 4, byte ${whole.length + 5}: stamp: type=SYSCALL msg=audit(x:1): \n`,
  );
});

t.test("no containers: all is the host's", async (t) => {
  const at = folderOf(t, { log: events(1, 3, 100), "c.json": "[]" });
  t.equal(await replay([at("log")], optionsOf(at), fakeIo()), 0);
  t.same(readdirSync(at("out")), ["host"]);
  t.equal(records(at("out/host/audit.log")), 6);
});

t.test("the same log twice is twice the events", async (t) => {
  const at = folderOf(t, { log: events(1, 3, 100) });
  const io = fakeIo();
  t.equal(await replay([at("log"), at("log")], optionsOf(at, { json: true }), io), 0);
  const { host, problems } = JSON.parse(io.stdout());
  t.same([host.captured, host.records, problems], [12, 12, []]);
});

t.test("every problem is told at once, and nothing is written", async (t) => {
  const bad = JSON.stringify([{ ...WEB, pid: 0 }]);
  const at = folderOf(t, { log: whole, "c.json": bad });
  mkdirSync(at("out"));
  writeFileSync(at("out/note"), "mine");
  const logs = ["-", at("none"), at("log"), "-"];
  t.same(await problemsOf(() => replay(logs, optionsOf(at), fakeIo())), [
    `${at("c.json")}: [0].pid: expected a process ID from 1`,
    `${at("out")}: the output folder is not empty (--force replaces its logs)`,
    "-: stdin can be read only once",
    `${at("none")}: no such file or folder (ENOENT)`,
  ]);
  t.same(readdirSync(at("out")), ["note"]);
});

t.test("--force replaces the logs of the scopes, and leaves the rest alone", async (t) => {
  const at = folderOf(t, { log: whole });
  for (const name of ["web", "other"]) {
    mkdirSync(at(`out/${name}`), { recursive: true });
    writeFileSync(at(`out/${name}/audit.log`), "old\n");
  }
  t.equal(await replay([at("log")], optionsOf(at, { force: true }), fakeIo()), 0);
  t.equal(records(at("out/web/audit.log")), 3);
  t.notMatch(readFileSync(at("out/web/audit.log"), "latin1"), "old");
  t.equal(readFileSync(at("out/other/audit.log"), "latin1"), "old\n");
});

t.test("--force may replace the log that is read", async (t) => {
  const at = folderOf(t, {});
  mkdirSync(at("out/host"), { recursive: true });
  writeFileSync(at("out/host/audit.log"), events(5, 3, 7));
  const io = fakeIo();
  t.equal(await replay([at("out/host/audit.log")], optionsOf(at, { force: true }), io), 0);
  t.equal(records(at("out/host/audit.log")), 6);
  t.match(readFileSync(at("out/host/audit.log"), "latin1"), /audit\(1700000000\.005:1\)/);
});

/** Runs `work` without the rights of root, under which every file can be opened. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

t.test("files and folders without permission are named", async (t) => {
  const at = folderOf(t, { log: whole });
  mkdirSync(at("locked"));
  for (const name of ["log", "c.json", "locked"]) chmodSync(at(name), 0);
  const options = optionsOf(at, { out: at("locked/out") });
  const problems = await unprivileged(() =>
    problemsOf(() => replay([at("log")], options, fakeIo())),
  );
  chmodSync(at("locked"), 0o700);
  t.same(
    problems,
    ["c.json", "locked/out", "log"].map((name) => `${at(name)}: permission denied (EACCES)`),
  );
});

t.test("an output folder that cannot be one, or cannot be cleared, is named", async (t) => {
  const at = folderOf(t, { log: whole });
  t.same(await problemsOf(() => replay([at("log")], optionsOf(at, { out: at("log") }), fakeIo())), [
    `${at("log")}: a part of the path is no folder (ENOTDIR)`,
  ]);
  mkdirSync(at("out/web/audit.log"), { recursive: true });
  const forced = optionsOf(at, { force: true });
  t.match(await problemsOf(() => replay([at("log")], forced, fakeIo())), [
    `${at("out/web/audit.log")}: `,
  ]);
});

t.test("names that differ only in case are two containers with two logs", async (t) => {
  const list = [WEB, { name: "Web", contid: "2", pid: 200 }];
  const at = folderOf(t, { log: whole, "c.json": JSON.stringify(list) });
  t.equal(await replay([at("log")], optionsOf(at), fakeIo()), 0);
  t.same(readdirSync(at("out")).sort(), ["Web", "host", "web"]);
  t.same([records(at("out/Web/audit.log")), records(at("out/web/audit.log"))], [0, 3]);
});

t.test("a log that breaks off is an error, behind the accounts of what came before", async (t) => {
  const packed = gzipSync(events(1, 50, 100));
  const at = folderOf(t, { a: whole, cut: packed.subarray(0, -4), b: whole });
  const io = fakeIo();
  const logs = [at("a"), at("cut"), at("b")];
  const size = packed.length - 4;
  t.same(await problemsOf(() => replay(logs, optionsOf(at, { json: true }), io)), [
    `${at("cut")}: at byte ${size}: unexpected end of file`,
  ]);
  t.equal(
    io.stderr(),
    `cauditd: stopped after 102 lines, in log 2 of 3 (${at("cut")}, ` +
      `${size} of ${size} bytes read); they are in the logs\n`,
  );
  const { host, scopes, stopped } = JSON.parse(io.stdout());
  t.same([host.records, stopped], [102, null]);
  for (const { written, routed } of scopes) t.equal(written, routed);
});

/** A stdin that has this text and then neither more nor an end; `taken` once it has been read. */
function heldOpen(text: string): { readonly stdin: Readable; readonly taken: Promise<void> } {
  let tell: () => void = () => undefined;
  const taken = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let asked = 0;
  const stdin = new Readable({
    highWaterMark: 1,
    read() {
      if (asked++ === 0) this.push(text);
      else tell();
    },
  });
  return { stdin, taken };
}

t.test(
  "stopped in the middle: the exit code is the signal's, whole lines are in the logs",
  async (t) => {
    const text = events(1, 50, 100);
    const size = text.length - 30;
    const { stdin, taken } = heldOpen(text.slice(0, size));
    t.intercept(process, "stdin", { value: stdin });
    const at = folderOf(t, {});
    const io = fakeIo();
    const running = replay(["-"], optionsOf(at, { json: true }), io);
    await taken;
    io.signal("SIGTERM");
    t.equal(await running, 143);
    const { host, scopes, stopped, problems } = JSON.parse(io.stdout());
    t.same([host.captured, host.malformed, stopped, problems], [99, 0, "SIGTERM", []]);
    t.match(io.stderr(), `stopped after 99 lines, in log 1 of 1 (stdin, ${size} bytes read)`);
    t.same(
      scopes.map(({ written }: { written: number }) => written),
      [50, 50],
    );
  },
);

t.test("stopped while a file is read: the rest of it is left, and the next one too", async (t) => {
  const text = events(1, 9000, 100);
  const at = folderOf(t, { log: text });
  const io = fakeIo();
  io.signal("SIGINT");
  t.equal(await replay([at("log"), at("log")], optionsOf(at), io), 143);
  const read = /in log 1 of 2 \(.*, (\d+) of \d+ bytes read\)/.exec(io.stderr())?.[1];
  t.ok(Number(read) < text.length, `${read} of ${text.length} bytes were read`);
  const taken = text.slice(0, Number(read)).split("\n").length - 1;
  t.match(io.stderr(), `stopped after ${taken} lines`);
  const contids = Math.ceil(taken / 2);
  t.equal(records(at("out/host/audit.log")), taken + contids);
});

t.test("on a terminal there is a bar on stderr, and only there", async (t) => {
  const at = folderOf(t, { log: whole });
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  t.intercept(process, "stderr", { value: terminal });
  const io = fakeIo({ terminal: true });
  t.equal(await replay([at("log")], optionsOf(at), io), 0);
  t.match(String(terminal.read()), /replay \[=+\] 100% \| /);
  t.notMatch(io.stdout(), "replay [");
});

t.test("where the size is not known there is no bar", async (t) => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  t.intercept(process, "stderr", { value: terminal });
  const at = folderOf(t, {});
  t.equal(await replay(["/dev/null"], optionsOf(at), fakeIo({ terminal: true })), 0);
  t.equal(terminal.read(), null);
});

t.test("certificates for its NATS server are those that it is told of", async (t) => {
  const at = folderOf(t, { a: events(1, 1, 100) });
  const options = optionsOf(at, { nats: "tls://127.0.0.1:1", ca: at("none.pem") });
  await t.rejects(replay([at("a")], options, fakeIo()), { message: /read certificates .*none/ });
});
