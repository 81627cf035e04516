import {
  appendFileSync,
  existsSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { OutputFile } from "@cauditd/consumer";
import fc from "fast-check";
import t from "tap";

const at = (serial: number) => ({ generation: 2, serial });

t.test("a file goes on where its last life had written to", async (t) => {
  const path = join(t.testdir(), "out");
  const first = await OutputFile.open(path, "raw");
  t.equal(first.position, undefined);
  await first.write("one\n", at(1));
  await first.write("two\n", at(2));
  await first.close();
  const second = await OutputFile.open(path, "raw");
  t.same(second.position, at(2));
  await second.write("three\n", at(3));
  await second.close();
  t.equal(readFileSync(path, "utf8"), "one\ntwo\nthree\n");
});

t.test("what a life has written and could not count is cut off, at any byte", async (t) => {
  const path = join(t.testdir(), "out");
  const first = await OutputFile.open(path, "raw");
  await first.write("one\n", at(1));
  await first.close();
  for (const cut of ["t", "two", "two\n", "two\nthree\n"]) {
    appendFileSync(path, cut);
    const next = await OutputFile.open(path, "raw");
    t.same(next.position, at(1));
    t.equal(readFileSync(path, "utf8"), "one\n");
    await next.close();
  }
});

t.test("a life that ended in its first write is gone on with, too", async (t) => {
  const path = join(t.testdir(), "out");
  await (await OutputFile.open(path, "raw")).close();
  appendFileSync(path, "one\nhalf");
  const next = await OutputFile.open(path, "raw");
  t.equal(next.position, undefined);
  t.equal(readFileSync(path, "utf8"), "");
  await next.close();
});

t.test("a file that somebody took away or cut goes on behind what it had", async (t) => {
  const path = join(t.testdir(), "out");
  const first = await OutputFile.open(path, "raw");
  await first.write("one\n", at(1));
  await first.close();
  rmSync(path);
  const second = await OutputFile.open(path, "raw");
  t.same(second.position, at(1));
  await second.write("two\n", at(2));
  await second.close();
  t.equal(readFileSync(path, "utf8"), "two\n");
  truncateSync(path, 1);
  const third = await OutputFile.open(path, "raw");
  await third.write("three\n", at(3));
  await third.close();
  t.equal(readFileSync(path, "utf8"), "tthree\n");
});

t.test("it knows the batches that were written last", async (t) => {
  const path = join(t.testdir(), "out");
  const first = await OutputFile.open(path, "raw");
  for (let i = 1; i <= 100; i++) await first.write(`${i}\n`, undefined, `.1.${i}-${i}`);
  await first.close();
  const second = await OutputFile.open(path, "raw");
  t.ok(second.has(".1.100-100"));
  t.ok(second.has(".1.37-37"));
  t.notOk(second.has(".1.36-36"), "older ones have been acknowledged long ago");
  t.equal(second.position, undefined);
  await second.close();
});

t.test("a file that is not its own, and a state that is damaged, are told", async (t) => {
  const path = join(t.testdir({ out: "mine\n" }), "out");
  await t.rejects(OutputFile.open(path, "raw"), {
    code: "EEXIST",
    message: /out: it is not empty/,
  });
  t.equal(readFileSync(path, "utf8"), "mine\n");
  const bad = [
    "",
    "{",
    "7",
    '{"size":-1,"batches":[]}',
    '{"size":0}',
    '{"size":0,"batches":[7]}',
    '{"size":0,"batches":[],"format":"xml"}',
    '{"size":0,"batches":[],"position":{"serial":1}}',
    " ".repeat(20_000),
  ];
  for (const text of bad) {
    writeFileSync(`${path}.state`, text);
    await t.rejects(OutputFile.open(path, "raw"), {
      code: "EBADMSG",
      message: /out\.state: expected/,
    });
  }
  const none = join(t.testdir(), "no", "out");
  await t.rejects(OutputFile.open(none, "raw"), { code: "ENOENT" });
  t.notOk(existsSync(none));
});

t.test("whatever a state file has, it is a state or EBADMSG", async (t) => {
  const path = join(t.testdir(), "out");
  const count = fc.oneof(fc.nat(100), fc.double(), fc.string(), fc.constant(undefined));
  const shape = fc.record({
    size: count,
    batches: fc.oneof(fc.array(fc.string()), fc.array(fc.integer()), fc.anything()),
    position: fc.oneof(fc.record({ generation: count, serial: count }), fc.anything()),
  });
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    shape.map((value) => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? 1 : part))),
  );
  const property = fc.asyncProperty(text, async (state) => {
    writeFileSync(path, "one\n");
    writeFileSync(`${path}.state`, state);
    try {
      const output = await OutputFile.open(path, "raw");
      const { position } = output;
      await output.close();
      return position === undefined || Number.isSafeInteger(position.serial);
    } catch (error) {
      return (error as { code?: string }).code === "EBADMSG";
    }
  });
  await fc.assert(property);
  t.end();
});

t.test("a file has one format; one of before, whose state says none, takes any", async (t) => {
  const path = join(t.testdir(), "out");
  await (await OutputFile.open(path, "json")).close();
  const first = await OutputFile.open(path, "raw");
  await first.write("one\n", at(1));
  await first.close();
  await t.rejects(OutputFile.open(path, "json"), {
    code: "EINVAL",
    message: /out: it has raw events: expected --format raw, or another file$/,
  });
  t.equal(readFileSync(path, "utf8"), "one\n");
  const state = JSON.parse(readFileSync(`${path}.state`, "utf8"));
  t.match(state, { format: "raw", size: 4, position: at(1) });
  const { format: _, ...before } = state;
  writeFileSync(`${path}.state`, JSON.stringify(before));
  await (await OutputFile.open(path, "json")).close();
  await t.rejects(OutputFile.open(path, "raw"), { message: /it has json events/ });
});
