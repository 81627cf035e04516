// How `npm test` counts and prints what tap says.
import path from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { type Counts, countsText, makeParser, report } from "../../scripts/tap-report.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

async function read(tap: string): Promise<{ counts: Counts; printed: string[] }> {
  const printed: string[] = [];
  const parser = await makeParser(ROOT);
  const counts = report(parser, (text) => printed.push(...text.split("\n")));
  parser.write(`TAP version 14\n${tap}`);
  parser.end();
  return { counts, printed };
}

t.test("a subtest without subtests is one test, other assertions are one each", async (t) => {
  const { counts, printed } = await read(`# Subtest: a.test.ts
    # Subtest: one
        ok 1 - x
        ok 2 - y
        1..2
    ok 1 - one # time=1ms
    # Subtest: group
        # Subtest: two
            ok 1 - x
            1..1
        ok 1 - two
        ok 2 - three
        1..2
    ok 2 - group
    ok 3 - four
    ok 4 - five # SKIP why
    1..4
ok 1 - a.test.ts # time=1234.5ms
1..1
`);
  t.same(counts, { passed: 4, failed: 0, skipped: 1 });
  t.equal(printed.length, 1);
  t.match(printed[0], /^ok {4}a\.test\.ts +4 passed, 0 failed, 1 skipped {2}1\.23 s$/);
});

t.test("a failing test is printed with its names and all that tap says of it", async (t) => {
  const { counts, printed } = await read(`# Subtest: a.test.ts
    # Subtest: group
        # Subtest: bad
            not ok 1 - same
              ---
              diff: |
                -a
                +b
              at:
                fileName: a.test.ts
                lineNumber: 3
                columnNumber: 7
              wanted: 5
              ...
            not ok 2 - more
            1..2
        not ok 1 - bad
        1..1
    not ok 1 - group
    1..1
not ok 1 - a.test.ts
  ---
  exitCode: 1
  ...
1..1
`);
  t.same(counts, { passed: 0, failed: 1, skipped: 0 });
  t.match(printed[0], /^FAIL +a\.test\.ts +0 passed, 1 failed$/);
  t.same(printed.slice(1), [
    "  not ok: a.test.ts > group > bad > same",
    "    diff:",
    "      -a",
    "      +b",
    "    at: a.test.ts:3:7",
    "    wanted: 5",
    "  not ok: a.test.ts > group > bad > more",
  ]);
});

t.test("a file that crashes counts as one failed test beside those that passed", async (t) => {
  const { counts, printed } = await read(`# Subtest: a.test.ts
    # Subtest: one
        ok 1 - x
        1..1
    ok 1 - one
    1..1
not ok 1 - a.test.ts
  ---
  exitCode: 3
  ...
# Subtest: b.test.ts
    1..0 # no tests found
not ok 2 - b.test.ts
1..2
`);
  t.same(counts, { passed: 1, failed: 2, skipped: 0 });
  t.ok(printed.includes("    the file failed outside of its tests"));
  t.ok(printed.includes("    exitCode: 3"));
});

t.test("a test that does not end, or times out, is a failed one", async (t) => {
  const { counts, printed } = await read(`# Subtest: a.test.ts
    # Subtest: hangs
        ok 1 - x
        not ok 2 - timeout!
        1..2
    not ok 1 - hangs
    1..1
not ok 1 - timeout!
# Subtest: b.test.ts
    # Subtest: ends early
        not ok 1 - test unfinished
        1..1
    1..1
not ok 2 - b.test.ts
1..2
`);
  t.same(counts, { passed: 0, failed: 2, skipped: 0 });
  t.ok(printed.includes("  not ok: a.test.ts > hangs > timeout!"));
  t.ok(printed.includes("  not ok: b.test.ts > ends early > test unfinished"));
});

t.test("a file without a test is a failure, and a file that skips itself is not", async (t) => {
  const { counts, printed } = await read(`# Subtest: a.test.ts
    1..0 # no tests found
ok 1 - a.test.ts # SKIP no tests found
# Subtest: b.test.ts
    1..0 # SKIP only elsewhere
ok 2 - b.test.ts # SKIP only elsewhere
1..2
`);
  t.same(counts, { passed: 0, failed: 1, skipped: 1 });
  t.ok(printed.includes("    there is no test in this file"));
});

t.test("output that breaks off in a file is a failure", async (t) => {
  const { counts } = await read(`# Subtest: a.test.ts
    # Subtest: one
        ok 1 - x
        1..1
    ok 1 - one
`);
  t.same(counts, { passed: 1, failed: 1, skipped: 0 });
});

t.test("a bail out is a failure, and what is no TAP is printed as it is", async (t) => {
  const { counts, printed } = await read("hello\nBail out! no disk\n");
  t.same(counts, { passed: 0, failed: 1, skipped: 0 });
  t.same(printed, ["hello", "FAIL  bail out: no disk"]);
});

t.test("the counts name skipped tests only when there are some", async (t) => {
  t.equal(countsText({ passed: 2, failed: 0, skipped: 0 }), "2 passed, 0 failed");
  t.equal(countsText({ passed: 2, failed: 1, skipped: 3 }), "2 passed, 1 failed, 3 skipped");
});
