// What Biome and the compiler cannot check: one check a subtest, each with planted offenders that
// it has to find and look-alikes that it has to leave alone.
import path from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { brokenLinks } from "./tidy/links.ts";
import { undeclaredImports, untestedFiles, wrongLayers, wrongReferences } from "./tidy/packages.ts";
import { bannedCode, bannedText, bigFiles, longFiles, longLines } from "./tidy/text.ts";
import { file, readTree, type TreeFile, walk } from "./tidy/tree.ts";
import { bannedFileNames, bannedNames } from "./tidy/words.ts";

type Check = (files: readonly TreeFile[]) => string[];

interface Case {
  readonly name: string;
  readonly check: Check;
  /** Offenders, and what the check says of them. */
  readonly planted: readonly TreeFile[];
  readonly found: readonly string[];
  /** Look-alikes that are fine. */
  readonly fine: readonly TreeFile[];
}

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const x = "x".repeat(100);
const leftOver = "TO".concat("DO");
const machine = ["", "Users", "somebody"].join("/");

function workspace(
  dir: string,
  dependencies: readonly string[],
  references: readonly string[],
): TreeFile[] {
  const name = `@cauditd/${path.posix.basename(dir)}`;
  const all = Object.fromEntries(dependencies.map((dependency) => [dependency, "1"]));
  const paths = references.map((reference) => ({ path: `../../${reference}` }));
  return [
    file(`${dir}/package.json`, JSON.stringify({ name, dependencies: all })),
    file(`${dir}/tsconfig.json`, JSON.stringify({ references: paths })),
  ];
}

const cases: readonly Case[] = [
  {
    name: "no source line is longer than 100 columns",
    check: longLines,
    planted: [file("a/b.ts", `let a;\n${x}y`), file("c.mjs", `${x}é`)],
    found: ["a/b.ts:2: 101 columns", "c.mjs:1: 101 columns"],
    fine: [file("a.ts", x), file("a.generated.ts", `${x}y`), file("a.md", `${x}y`)],
  },
  {
    name: "no source file has more than 400 lines",
    check: longFiles,
    planted: [file("a.ts", "a;\n".repeat(401))],
    found: ["a.ts: 401 lines"],
    fine: [file("a.ts", "a;\n".repeat(400)), file("b.generated.ts", "a;\n".repeat(500))],
  },
  {
    name: "no file is larger than 2 MiB",
    check: bigFiles,
    planted: [{ path: "a.log", text: "", size: 2097153 }],
    found: ["a.log: 2097153 bytes"],
    fine: [{ path: "a.log", text: "", size: 2097152 }],
  },
  {
    name: "no code does what has a better way here",
    check: bannedCode,
    planted: [
      file("packages/kernel/src/a.ts", "const a = Math.random();"),
      file("services/auditd/src/a.ts", "\nconsole.log(1);"),
      file("test/a.test.ts", "const a = 1 as any;\nt.only('a');"),
    ],
    found: [
      "packages/kernel/src/a.ts:1: Math.random: use a Random that is passed in",
      "services/auditd/src/a.ts:2: console: use the logger, or the stream that is passed in",
      "test/a.test.ts:1: as any: use unknown and a check",
      "test/a.test.ts:2: .only(: use tap -g, on the command line",
    ],
    fine: [
      file("packages/kernel/src/a.ts", "// as any Math.random() does: console.log\nconst a = 1;"),
      file("packages/bus/src/a.ts", "Math.random();"),
      file("scripts/a.mjs", "console.log('.only(');"),
    ],
  },
  {
    name: "no text is left that does not belong into the tree",
    check: bannedText,
    planted: [
      file("a.ts", `// ${"@ts-".concat("ignore")}\n// ${"@ts-".concat("expect-error")}\n`),
      file("docs/a.md", `${leftOver}: say more`),
      file("package-lock.json", `"resolved":${' "https:'}//registry.example/a.tgz"`),
      file("docs/b.md", `see ${machine}/a.ts`),
    ],
    found: [
      "a.ts:1: a comment that switches type checks off: use the right type",
      "a.ts:2: an expected type error without a reason: use a reason behind it",
      "docs/a.md:1: a note of work left over: use an issue",
      "package-lock.json:1: the address of a registry: use npm install with our .npmrc",
      "docs/b.md:1: a path of one machine: use a path from the root of the tree",
    ],
    fine: [
      file("a.ts", `// ${"@ts-".concat("expect-error")}: a string is refused\n`),
      file("package-lock.json", '"resolved": "packages/bus", "link": true'),
      file("docs/a.md", "the example.org/users/ page, `net/Users/`"),
    ],
  },
  {
    name: "no declared name uses a word that this project does not have",
    check: bannedNames,
    planted: [
      file("a.ts", "const cid = 1;\nfunction f(containerId: string, { utils }: X) {}"),
      file("b.ts", "interface I { container_id: string }\nclass ScopeManager { #helper = 1; }"),
    ],
    found: [
      "a.ts:1: cid: use contid",
      "a.ts:2: containerId: use contid",
      "a.ts:2: utils: use the name of what is in it",
      "b.ts:1: container_id: use contid",
      "b.ts:2: ScopeManager: use the name of what it does",
      "b.ts:2: #helper: use the name of what it does",
    ],
    fine: [
      file("a.ts", "import { JetStreamManager } from 'nats';\nnc.jetstreamManager();"),
      file("b.ts", "const CONTAINER_ID = 1336; // CID-4: no container_id, no manager"),
    ],
  },
  {
    name: "no file name uses a word that this project does not have",
    check: bannedFileNames,
    planted: [file("a/utils.ts", ""), file("test/helpers/a.ts", ""), file("a/scopeManager.ts", "")],
    found: ["a/utils.ts", "test/helpers/a.ts", "a/scopeManager.ts"],
    fine: [file("docs/managed.md", ""), file("a/scope.ts", "")],
  },
  {
    name: "every source file with code has a test file of its name",
    check: untestedFiles,
    planted: [
      file("packages/a/src/b.ts", "export const b = 1;"),
      file("services/c/src/d/e.ts", "export function e() {}"),
      file("packages/b/test/b.test.ts", ""),
    ],
    found: ["packages/a/src/b.ts", "services/c/src/d/e.ts"],
    fine: [
      file("packages/a/src/b.ts", "export const b = 1;"),
      file("packages/a/test/b.test.ts", ""),
      file("packages/a/src/index.ts", "export const b = 1;"),
      file("packages/a/src/types.ts", "import type { B } from './b.ts';\nexport type T = B;"),
      file("packages/a/src/tables/t.generated.ts", "export const b = 1;"),
    ],
  },
  {
    name: "every relative link of a page leads to a file and a heading",
    check: brokenLinks,
    planted: [
      file("README.md", "[a](docs/none.md) [b](docs/a.md#none)\n[c]: ./gone.md"),
      file("docs/a.md", "# Some `code`, here\n\n![i](img.png)"),
    ],
    found: [
      "README.md: docs/none.md",
      "README.md: docs/a.md#none",
      "README.md: ./gone.md",
      "docs/a.md: img.png",
    ],
    fine: [
      file("README.md", "[a](docs/a.md#some-code-here) [d](docs/) [w](https://example.org/x)"),
      file("docs/a.md", "# Some `code`, here\n\n[up](../README.md) `[no](link.md)`"),
      file("docs/b.md", "[m](#twice-1)\n# Twice\n# Twice\n```\n[no](link.md)\n```\n"),
    ],
  },
  {
    name: "project references are the dependencies on other packages",
    check: wrongReferences,
    planted: [
      ...workspace("packages/libaudit", [], []),
      ...workspace("packages/auparse", ["@cauditd/libaudit"], []),
      ...workspace("packages/kernel", [], ["packages/libaudit"]),
    ],
    found: [
      "packages/auparse/tsconfig.json: no reference to @cauditd/libaudit, a dependency",
      "packages/kernel/package.json: no dependency on @cauditd/libaudit, a reference",
    ],
    fine: [
      ...workspace("packages/libaudit", ["zod"], []),
      ...workspace("packages/auparse", ["@cauditd/libaudit"], ["packages/libaudit"]),
    ],
  },
  {
    name: "dependencies point down in the order of the layers",
    check: wrongLayers,
    planted: [
      ...workspace("packages/libaudit", ["@cauditd/kernel"], []),
      ...workspace("packages/kernel", [], []),
      ...workspace("packages/bus", ["@cauditd/libaudit", "@cauditd/kernel"], []),
      ...workspace("services/auditd", ["@cauditd/dispatcher", "@cauditd/gone"], []),
      ...workspace("services/dispatcher", ["@cauditd/bus"], []),
      ...workspace("packages/other", [], []),
    ],
    found: [
      "@cauditd/libaudit may not depend on @cauditd/kernel",
      "@cauditd/bus may not depend on @cauditd/kernel",
      "@cauditd/auditd may not depend on @cauditd/dispatcher",
      "@cauditd/auditd may not depend on @cauditd/gone",
      "packages/other: not in the order of the layers: " +
        "libaudit < auparse < kernel < bus < client < simulator < operations < services < cli",
    ],
    fine: [
      ...workspace("packages/libaudit", [], []),
      ...workspace("packages/simulator", ["@cauditd/libaudit", "zod"], []),
      ...workspace("services/auditd", ["@cauditd/simulator"], []),
      ...workspace("packages/cli", ["@cauditd/auditd"], []),
    ],
  },
  {
    name: "packages import only what they depend on",
    check: undeclaredImports,
    planted: [
      ...workspace("packages/bus", ["nats"], []),
      file("packages/bus/src/a.ts", 'import "pino/x";\nexport * from "@cauditd/kernel";'),
      file("packages/bus/src/b.ts", 'await import("zod");'),
    ],
    found: [
      "packages/bus/src/a.ts: imports pino, no dependency of packages/bus",
      "packages/bus/src/a.ts: imports @cauditd/kernel, no dependency of packages/bus",
      "packages/bus/src/b.ts: imports zod, no dependency of packages/bus",
    ],
    fine: [
      ...workspace("packages/bus", ["nats", "@cauditd/libaudit"], []),
      file("packages/bus/src/a.ts", 'import fs from "node:fs";\nimport "nats";\nimport "./b.ts";'),
      file("packages/bus/src/c.ts", 'import { a } from "@cauditd/libaudit";'),
      file("packages/bus/test/a.test.ts", 'import t from "tap";'),
    ],
  },
];

const tree = readTree(ROOT);

t.test("the tree is read, with what is in it and without what is built", async (t) => {
  const paths = tree.map((entry) => entry.path);
  t.ok(paths.includes("package.json"));
  t.ok(paths.includes("test/tidy.test.ts"));
  t.notOk(paths.some((name) => /(^|\/)(node_modules|dist)\//.test(name)));
  t.match(tree.find((entry) => entry.path === "LICENSE")?.text, "Apache License");
});

t.test("without git, a walk finds the files that could be committed", async (t) => {
  const dir = t.testdir({
    "a.ts": "",
    node_modules: { "b.ts": "" },
    packages: { a: { dist: { "c.js": "" }, src: { "c.ts": "" } } },
    var: { log: "" },
  });
  t.same(walk(dir, "").sort(), ["a.ts", "packages/a/src/c.ts"]);
  t.same(
    readTree(dir).map((entry) => entry.path),
    ["a.ts", "packages/a/src/c.ts"],
  );
});

for (const { name, check, planted, found, fine } of cases) {
  t.test(name, async (t) => {
    t.same(check(tree), [], "the offenders, of which there should be none");
  });

  t.test(`the check that ${name} finds planted offenders only`, async (t) => {
    t.same(check(planted), found);
    t.same(check(fine), []);
  });
}
