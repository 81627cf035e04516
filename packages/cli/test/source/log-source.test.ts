import { spawnSync } from "node:child_process";
import { closeSync, createWriteStream, openSync, readSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { LogSource } from "../../src/source/log-source.ts";
import { problemsOf } from "../problems.ts";

/** A text larger than several reads. */
const TEXT = Buffer.from(Array.from({ length: 250_000 }, (_, index) => `line ${index}\n`).join(""));

/** All bytes of a source. What it hands out is valid until the next chunk: it is copied. */
async function contentOf(source: LogSource): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** A file of a test's folder with this content, opened. */
async function opened(t: Test, content: Buffer, name = "audit.log"): Promise<LogSource> {
  const path = join(t.testdir({}), name);
  writeFileSync(path, content);
  const source = await LogSource.open(path);
  t.teardown(() => source.close());
  return source;
}

/** Puts a stream in the place of stdin. */
function fakeStdin(t: Test): PassThrough {
  const stdin = new PassThrough();
  t.intercept(process, "stdin", { value: stdin });
  return stdin;
}

const packed = gzipSync(TEXT);
const halves = [TEXT.subarray(0, 1_000_000), TEXT.subarray(1_000_000)];
const forms: readonly (readonly [string, Buffer, Buffer])[] = [
  ["plain", TEXT, TEXT],
  ["gzip, whatever its name is", packed, TEXT],
  ["gzip of several members", Buffer.concat(halves.map((half) => gzipSync(half))), TEXT],
  ["gzip of nothing", gzipSync(""), Buffer.alloc(0)],
  ["gzip with zeros behind it", Buffer.concat([packed, Buffer.alloc(512)]), TEXT],
  ["empty", Buffer.alloc(0), Buffer.alloc(0)],
  ["one byte that gzip begins with", Buffer.from([0x1f]), Buffer.from([0x1f])],
];

/** Copies a log on stdin to stdout, as a process of its own. */
const COPY = `
  import { LogSource } from ${JSON.stringify(
    fileURLToPath(new URL("../../src/source/log-source.ts", import.meta.url)),
  )};
  const source = await LogSource.open("-");
  for await (const chunk of source.chunks()) {
    await new Promise((resolve) => process.stdout.write(Buffer.from(chunk), resolve));
  }
  process.stderr.write([source.label, source.size, source.read].join(" "));
  await source.close();
`;

t.test("a file on stdin is read from the place where it is", async (t) => {
  for (const [name, content, from] of [
    ["plain", TEXT, 1_000_001],
    ["packed", Buffer.concat([Buffer.from("head"), packed]), 4],
    ["at its end", TEXT, TEXT.length],
  ] as const) {
    const path = join(t.testdir({}), "audit.log");
    writeFileSync(path, content);
    const fd = openSync(path, "r");
    readSync(fd, Buffer.alloc(from));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import=tsx", "--conditions=@cauditd/source", "--input-type=module", "-e", COPY],
      { stdio: [fd, "pipe", "pipe"], maxBuffer: 2 * TEXT.length },
    );
    closeSync(fd);
    const rest = name === "packed" ? TEXT : TEXT.subarray(from);
    t.ok(stdout.equals(rest), `${name}: ${stdout.length} of ${rest.length} bytes`);
    t.equal(stderr.toString(), `stdin 0 ${content.length - from}`, name);
  }
});

for (const [name, content, bytes] of forms) {
  t.test(`a file is read to its end: ${name}`, async (t) => {
    const source = await opened(t, content, "audit.log.1");
    t.equal(source.size, content.length);
    t.ok((await contentOf(source)).equals(bytes));
    t.equal(source.read, content.length);
    t.match(source.label, /audit\.log\.1$/);
  });

  t.test(`stdin is read to its end: ${name}`, async (t) => {
    const stdin = fakeStdin(t);
    const source = await LogSource.open("-");
    t.same([source.label, source.size], ["stdin", 0]);
    // In pieces that begin and end anywhere.
    for (let at = 0; at < content.length; at += 99_991)
      stdin.write(content.subarray(at, at + 99_991));
    stdin.end();
    t.ok((await contentOf(source)).equals(bytes));
    t.equal(source.read, content.length);
  });
}

t.test("the buffers of a plain file are used in turn", async (t) => {
  const source = await opened(t, TEXT);
  const buffers = new Set<ArrayBufferLike>();
  let chunks = 0;
  for await (const chunk of source.chunks()) {
    buffers.add(chunk.buffer);
    chunks++;
  }
  t.ok(chunks > 3, `${chunks} chunks`);
  t.equal(buffers.size, 2);
});

interface Broken {
  readonly name: string;
  readonly content: Buffer;
  readonly reason: string;
}

const damaged = Buffer.from(packed);
damaged.fill(0xff, packed.length - 8, packed.length - 4);
const broken: readonly Broken[] = [
  { name: "is cut", content: packed.subarray(0, -1000), reason: "unexpected end of file" },
  {
    name: "is nothing but its mark",
    content: packed.subarray(0, 2),
    reason: "unexpected end of file",
  },
  { name: "fails its checksum", content: damaged, reason: "incorrect data check" },
  {
    name: "is of an unknown method",
    content: Buffer.from([0x1f, 0x8b, 9, 0, 0, 0, 0, 0, 0, 0, 0]),
    reason: "unknown compression method",
  },
];

for (const { name, content, reason } of broken) {
  t.test(`a gzip file that ${name}: what came before is read, then an error`, async (t) => {
    const source = await opened(t, content);
    let size = 0;
    const problems = await problemsOf(async () => {
      for await (const chunk of source.chunks()) {
        t.ok(chunk.equals(TEXT.subarray(size, size + chunk.length)));
        size += chunk.length;
      }
    });
    t.same(problems, [`${source.path}: at byte ${content.length}: ${reason}`]);
    if (content.length > 1000) t.ok(size > TEXT.length / 2, `${size} bytes came out`);
  });
}

t.test("broken gzip on stdin is told at once, though stdin stays open", async (t) => {
  const stdin = fakeStdin(t);
  const source = await LogSource.open("-");
  stdin.write(Buffer.from([0x1f, 0x8b, 9, 0, 0, 0, 0, 0, 0, 0, 0]));
  const problems = await problemsOf(() => contentOf(source));
  t.same(problems, ["stdin: at byte 11: unknown compression method"]);
  t.ok(stdin.destroyed);
});

t.test("what is no log is refused by its name", async (t) => {
  const folder = t.testdir({ file: "", loop: t.fixture("symlink", "loop") });
  for (const [name, reason] of [
    ["none", "no such file or folder (ENOENT)"],
    ["", "is a folder, a log was expected"],
    ["file/x", "a part of the path is no folder (ENOTDIR)"],
    ["loop", "too many symbolic links (ELOOP)"],
    ["x".repeat(300), "the name is too long (ENAMETOOLONG)"],
  ] as const) {
    const path = join(folder, name);
    t.same(await problemsOf(() => LogSource.open(path)), [`${path}: ${reason}`]);
  }
});

t.test("a device is read, and has no size", async (t) => {
  const source = await LogSource.open("/dev/null");
  t.teardown(() => source.close());
  t.equal(source.size, 0);
  t.equal((await contentOf(source)).length, 0);
});

function fifo(t: Test): string {
  const path = join(t.testdir({}), "fifo");
  t.equal(spawnSync("mkfifo", [path]).status, 0);
  return path;
}

t.test("a FIFO is read to its end, gzip too", async (t) => {
  for (const content of [TEXT, packed]) {
    const path = fifo(t);
    const source = await LogSource.open(path);
    const writer = createWriteStream(path);
    writer.end(content);
    t.ok((await contentOf(source)).equals(TEXT));
    t.equal(source.size, 0);
    await source.close();
  }
});

t.test("stop ends the wait for a FIFO without a writer, and for a silent one", async (t) => {
  const alone = await LogSource.open(fifo(t));
  const waiting = contentOf(alone);
  alone.stop();
  t.equal((await waiting).length, 0);

  const path = fifo(t);
  const silent = await LogSource.open(path);
  const writer = await open(path, "w");
  t.teardown(() => writer.close());
  await writer.write("one\n");
  const chunks = silent.chunks();
  t.equal(String((await chunks.next()).value), "one\n");
  const next = chunks.next();
  silent.stop();
  t.same(await next, { done: true, value: undefined });
});

t.test("stop ends the wait for stdin, within a gzip stream too", async (t) => {
  for (const content of [Buffer.from("one\n"), packed.subarray(0, -100)]) {
    const stdin = fakeStdin(t);
    const source = await LogSource.open("-");
    stdin.write(content);
    const chunks = source.chunks();
    t.equal((await chunks.next()).done, false);
    source.stop();
    const rest: Buffer[] = [];
    for await (const chunk of chunks) rest.push(Buffer.from(chunk));
    t.ok(stdin.destroyed, `${rest.length} chunks later`);
  }
});

t.test("an error of stdin is told with the position", async (t) => {
  const stdin = fakeStdin(t);
  const source = await LogSource.open("-");
  stdin.write("one\n");
  const chunks = source.chunks();
  await chunks.next();
  const next = problemsOf(() => chunks.next());
  stdin.destroy(Object.assign(new Error("read EIO"), { code: "EIO" }));
  t.same(await next, ["stdin: at byte 4: read EIO"]);
});

t.test("a file may be closed while a read goes on", async (t) => {
  const source = await opened(t, TEXT);
  const chunks = source.chunks();
  await chunks.next();
  await chunks.return(undefined);
  await t.resolves(source.close());
});

t.test("a FIFO that is not wanted after all is closed", async (t) => {
  const path = fifo(t);
  const source = await LogSource.open(path);
  const writer = await open(path, "w");
  t.teardown(() => writer.close());
  await source.close();
  await t.rejects(writer.write("x"), { code: "EPIPE" });
});
