import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { IndexedLog, removeOldIndexes } from "../../src/search/index-store.ts";

const call = (serial: number): string =>
  `type=SYSCALL msg=audit(${serial}.000:${serial}): arch=0 syscall=2 a0=1 a1=2 pid=${serial} x\n`;

function serials(path: string): number[] {
  const log = new IndexedLog(path);
  try {
    return log.segments.flatMap((segment) =>
      [...segment.columns.serial].map((serial, run) => {
        const text = log.run(segment, run).toString("latin1");
        t.equal(`${text}\n`, call(serial));
        return serial;
      }),
    );
  } finally {
    log.close();
  }
}

function indexOf(dir: string): string {
  const [name = "none"] = readdirSync(join(dir, ".index"));
  return join(dir, ".index", name);
}

t.test("an index is kept beside the log, and grows with it", async (t) => {
  const dir = t.testdir({ log: call(1) });
  const path = join(dir, "log");
  t.strictSame(serials(path), [1]);
  const first = readFileSync(indexOf(dir));
  t.strictSame(serials(path), [1]);
  t.strictSame(readFileSync(indexOf(dir)), first, "it is not written again");
  writeFileSync(path, call(2), { flag: "a" });
  t.strictSame(serials(path), [1, 2]);
  t.equal(readdirSync(join(dir, ".index")).length, 1);
});

t.test("a last line without its end is indexed again when it has one", async (t) => {
  const dir = t.testdir({ log: call(1) + call(2).slice(0, 50) });
  const path = join(dir, "log");
  const log = new IndexedLog(path);
  log.close();
  writeFileSync(path, call(2).slice(50), { flag: "a" });
  t.strictSame(serials(path), [1, 2]);
});

t.test("an index of other bytes, or one that is broken, is built again", async (t) => {
  const dir = t.testdir({ log: call(1) + call(2) });
  const path = join(dir, "log");
  t.strictSame(serials(path), [1, 2]);
  writeFileSync(path, call(3) + call(4));
  t.strictSame(serials(path), [3, 4], "rewritten in place");
  writeFileSync(path, call(5));
  t.strictSame(serials(path), [5], "cut");
  const bytes = readFileSync(indexOf(dir));
  for (let at = 0; at < bytes.length; at += 7) {
    const broken = Buffer.from(bytes);
    broken[at] = (broken[at] as number) ^ 0x10;
    writeFileSync(indexOf(dir), broken);
    t.strictSame(serials(path), [5], `byte ${at}`);
  }
  writeFileSync(indexOf(dir), "");
  t.strictSame(serials(path), [5]);
});

t.test("compressed logs have an index too, and old indexes go", async (t) => {
  const dir = t.testdir({});
  const path = join(dir, "log.1.gz");
  writeFileSync(path, gzipSync(call(1) + call(2)));
  t.strictSame(serials(path), [1, 2]);
  t.strictSame(serials(path), [1, 2]);
  writeFileSync(join(dir, ".index", "1.idx"), "");
  writeFileSync(join(dir, ".index", "other"), "");
  // No process has a number above that of pid_max.
  writeFileSync(join(dir, ".index", "2.idx.2000000000"), "");
  writeFileSync(join(dir, ".index", `2.idx.${process.pid}`), "");
  const log = new IndexedLog(path);
  log.close();
  removeOldIndexes(dir, new Set([log.indexName]));
  t.strictSame(
    readdirSync(join(dir, ".index")).sort(),
    [log.indexName, "other", `2.idx.${process.pid}`].sort(),
  );
  removeOldIndexes(join(dir, "none"), new Set());
  t.throws(() => new IndexedLog(join(dir, "none")), /no such file/);
});
