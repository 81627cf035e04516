import { MAX_CONTAINERS, MAX_DEPTH } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import { z } from "zod";
import {
  type ContainerEntry,
  containerName,
  contidText,
  fieldPlace,
  pidNumber,
  problemsOfFile,
  readEntries,
} from "../../src/config/container-schema.ts";

const CONTID = "expected a contid: decimal text, 0 to 18446744073709551614";
const NAME = "expected a name: 1 to 64 letters, digits, `_`, `.` or `-`, and not `host`";

/** What a schema says of a value; nothing when it takes it. */
function said(schema: z.ZodType, value: unknown): string[] {
  return schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];
}

t.test("a contid is decimal text from 0 to 2^64-2 (CID-9, CID-11, CID-12)", async (t) => {
  for (const good of ["0", "1", "007", "9223372036854775808", "18446744073709551614"]) {
    t.same(said(contidText, good), [], good);
  }
  const bad = ["", "-1", "+1", " 1", "1 ", "1\n", "0x10", "1e3", "1.0", "१", "a", "1,^2"];
  const large = ["18446744073709551615", "18446744073709551616", "99999999999999999999"];
  for (const text of [...bad, ...large, "0".repeat(21)])
    t.same(said(contidText, text), [CONTID], text);
  for (const value of [1, 2n, null, undefined, ["1"]]) {
    t.same(said(contidText, value), ["expected a contid as decimal text, in quotes"]);
  }
});

t.test("a name is safe as a folder's name, and not that of the host", async (t) => {
  for (const good of ["a", "0", "A_b.c-d", "Host", "x".repeat(64)]) {
    t.same(said(containerName, good), [], good);
  }
  const bad = [
    "",
    "host",
    "..",
    ".",
    ".hidden",
    "-x",
    "a/b",
    "/",
    "../x",
    "a\\b",
    "a b",
    "a\0",
    "é",
  ];
  for (const name of [...bad, "x".repeat(65), "x\n"])
    t.same(said(containerName, name), [NAME], name);
  t.same(said(containerName, 7), ["expected a name"]);
});

t.test("a process ID is a whole number from 1 to 4194304", async (t) => {
  for (const good of [1, 4194304]) t.same(said(pidNumber, good), []);
  for (const [value, text] of [
    [0, "expected a process ID from 1"],
    [-1, "expected a process ID from 1"],
    [4194305, "expected a process ID up to 4194304"],
    [1.5, "expected a process ID: a whole number"],
    ["1", "expected a process ID: a number from 1 to 4194304"],
    [Number.NaN, "expected a process ID: a number from 1 to 4194304"],
    [null, "expected a process ID: a number from 1 to 4194304"],
  ] as const) {
    t.same(said(pidNumber, value), [text], String(value));
  }
});

t.test("the place of a field is written as in a program", async (t) => {
  t.equal(fieldPlace([]), "");
  t.equal(fieldPlace([2, "pid"]), "[2].pid: ");
  t.equal(fieldPlace(["source", "rate"]), "source.rate: ");
  t.equal(fieldPlace(["containers", 0, "name"]), "containers[0].name: ");
});

const schema: z.ZodType<ContainerEntry> = z.object({
  name: containerName,
  contid: contidText,
  pid: pidNumber.optional(),
  parent: contidText.optional(),
});

function read(...items: readonly unknown[]): {
  readonly order: string[];
  readonly problems: string[];
} {
  const problems: string[] = [];
  const order = readEntries(items, schema, problemsOfFile("F", ["list"], problems)).map(
    ({ name }) => name,
  );
  return { order, problems };
}

t.test("parents come in front of what is nested in them, else the order stays", async (t) => {
  const c = { name: "c", contid: "3", parent: "2" };
  const b = { name: "b", contid: "2", parent: "01" };
  const a = { name: "a", contid: "1", pid: 7 };
  const z = { name: "z", contid: "0" };
  t.same(read(c, b, a, z), { order: ["a", "z", "b", "c"], problems: [] });
  const problems: string[] = [];
  t.strictSame(readEntries([b, a], schema, problemsOfFile("F", [], problems)), [
    { name: "a", contid: 1n, pid: 7 },
    { name: "b", contid: 2n, parent: 1n },
  ]);
});

interface Bad {
  readonly name: string;
  readonly items: readonly unknown[];
  readonly problems: readonly string[];
}

const a = { name: "a", contid: "1", pid: 10 };
const bad: readonly Bad[] = [
  {
    name: "what is used twice",
    items: [a, { ...a, contid: "2", pid: 11 }, { name: "c", contid: "001", pid: 10 }],
    problems: [
      "F: list[1].name: a is that of [0] already",
      "F: list[2].contid: 1 is that of [0] already",
      "F: list[2].pid: 10 is that of [0] already",
    ],
  },
  {
    name: "a parent that is not there",
    items: [a, { name: "b", contid: "2", parent: "9" }],
    problems: ["F: list[1].parent: no container has contid 9"],
  },
  {
    name: "a container nested in itself",
    items: [a, { name: "b", contid: "2", parent: "2" }],
    problems: ["F: list[1].parent: the containers are nested in a circle"],
  },
  {
    name: "a circle, of which one that is only nested in it is not a part",
    items: [
      { name: "in", contid: "4", parent: "2" },
      a,
      { name: "b", contid: "2", parent: "3" },
      { name: "c", contid: "3", parent: "2" },
    ],
    problems: ["F: list[2].parent: the containers are nested in a circle"],
  },
  {
    name: "a bad entry among others that do not fit together",
    items: [
      { name: "../x", contid: 7 },
      a,
      { ...a, contid: "2", pid: 0, parent: "9" },
      { ...a },
      5,
    ],
    problems: [
      `F: list[0].name: ${NAME}`,
      "F: list[0].contid: expected a contid as decimal text, in quotes",
      "F: list[2].pid: expected a process ID from 1",
      "F: list[4]: Invalid input: expected object, received number",
      "F: list[2].name: a is that of [1] already",
      "F: list[3].name: a is that of [1] already",
      "F: list[3].contid: 1 is that of [1] already",
      "F: list[3].pid: 10 is that of [1] already",
    ],
  },
];

for (const { name, items, problems } of bad) {
  t.test(`refused, with every problem at once: ${name}`, async (t) => {
    t.same(read(...items), { order: [], problems });
  });
}

/** Containers nested in one another, the innermost first. */
function nested(depth: number): object[] {
  return Array.from({ length: depth }, (_, index) => ({
    name: `c${depth - index}`,
    contid: String(depth - index),
    ...(index === depth - 1 ? {} : { parent: String(depth - index - 1) }),
  }));
}

t.test("a nesting is as deep as the registry takes it, and no deeper", async (t) => {
  t.equal(read(...nested(MAX_DEPTH)).order.length, MAX_DEPTH);
  t.same(read(...nested(MAX_DEPTH + 1)), {
    order: [],
    problems: [`F: list[0].parent: nested more than ${MAX_DEPTH} deep`],
  });
});

t.test("there are as many containers as the registry takes, and no more", async (t) => {
  const items = Array.from({ length: MAX_CONTAINERS }, (_, index) => ({
    name: `c${index}`,
    contid: String(index),
  }));
  t.equal(read(...items).order.length, MAX_CONTAINERS);
  t.same(read(...items, a).problems, [
    `F: list: ${MAX_CONTAINERS + 1} containers, at most ${MAX_CONTAINERS}`,
  ]);
});

t.test("whatever the list, the result is in order or there is a problem", async (t) => {
  const number = fc.nat({ max: 6 });
  const item = fc.record({ contid: number, parent: fc.option(number, { nil: undefined }) });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(item, { maxLength: 7 }), (list) => {
        const items = list.map(({ contid, parent }, index) => ({
          name: `c${index}`,
          contid: String(contid),
          ...(parent === undefined ? {} : { parent: String(parent) }),
        }));
        const problems: string[] = [];
        const result = readEntries(items, schema, problemsOfFile("F", [], problems));
        if (problems.length > 0) return result.length === 0;
        const placed = new Set<bigint>();
        for (const { contid, parent } of result) {
          if (parent !== undefined && !placed.has(parent)) return false;
          placed.add(contid);
        }
        return placed.size === items.length;
      }),
    ),
  );
});
