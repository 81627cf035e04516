import { join } from "node:path";
import t from "tap";
import { parseContainers, readContainers } from "../../src/config/containers-file.ts";
import { problemsOf } from "../problems.ts";

t.test("containers are read, parents first, and further properties are ignored", async (t) => {
  const text = JSON.stringify([
    { name: "in", contid: "18446744073709551614", pid: 4194304, parent: "0", id: "7ef7" },
    { name: "web", contid: "0", pid: 1 },
  ]);
  const path = join(t.testdir({ "c.json": `\ufeff${text}` }), "c.json");
  t.strictSame(await readContainers(path), [
    { name: "web", contid: 0n, pid: 1 },
    { name: "in", contid: 18446744073709551614n, pid: 4194304, parent: 0n },
  ]);
});

t.test("no containers are containers too", async (t) => {
  t.strictSame(parseContainers("c.json", " [] "), []);
});

t.test("a file that cannot be read is named", async (t) => {
  const path = join(t.testdir({}), "none.json");
  t.same(await problemsOf(() => readContainers(path)), [
    `${path}: no such file or folder (ENOENT)`,
  ]);
});

/** Texts that cannot be used, and what is said of them. */
const bad: readonly (readonly [string, readonly (string | RegExp)[]])[] = [
  ["", [/^c\.json: not JSON: /]],
  ["[x]", [/^c\.json: not JSON: .*"\[x\]"/]],
  ['[\n  {"name" "web"}\n]', [/^c\.json:2:11: not JSON: /]],
  ['[{"name": "a\u001b"}]', [/^c\.json:1:13: not JSON: /]],
  ["{}", ["c.json: expected a list of containers"]],
  ["null", ["c.json: expected a list of containers"]],
  ['"[]"', ["c.json: expected a list of containers"]],
  [
    "[1, null]",
    ["c.json: [0]: expected {name, contid, pid}", "c.json: [1]: expected {name, contid, pid}"],
  ],
  [
    "[{}]",
    [
      "c.json: [0].name: expected a name",
      "c.json: [0].contid: expected a contid as decimal text, in quotes",
      "c.json: [0].pid: expected a process ID: a number from 1 to 4194304",
    ],
  ],
  [
    '[{"name": "a", "contid": "1", "pid": 1, "parent": 1}]',
    ["c.json: [0].parent: expected a contid as decimal text, in quotes"],
  ],
  [
    '[{"name": "a", "contid": "1", "pid": 1}, {"name": "a", "contid": "1", "pid": 1}]',
    [
      "c.json: [1].name: a is that of [0] already",
      "c.json: [1].contid: 1 is that of [0] already",
      "c.json: [1].pid: 1 is that of [0] already",
    ],
  ],
];

bad.forEach(([text, problems], index) => {
  t.test(`refused, with the file and the field: case ${index + 1}`, async (t) => {
    const found = await problemsOf(() => parseContainers("c.json", text));
    t.match(found, problems, text);
    t.equal(found?.length, problems.length);
  });
});
