// Every requirement has a row in its page that leads to where it is shown, or says why it is not.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const PAGES = [
  { prefix: "CID", page: "docs/reference/contid-requirements.md", rows: 125 },
  { prefix: "AUD", page: "docs/reference/auditd-requirements.md", rows: 164 },
] as const;

/** The numbers that a text names, `CID-3 to CID-5` being three of them. */
function named(text: string, prefix: string): Set<number> {
  const numbers = new Set<number>();
  for (const [, from, to] of text.matchAll(
    new RegExp(`\\b${prefix}-(\\d+)(?: to ${prefix}-(\\d+))?`, "g"),
  )) {
    for (let n = Number(from); n <= Number(to ?? from); n++) numbers.add(n);
  }
  return numbers;
}

/** What is wrong with the place of a requirement; undefined = nothing. */
function problem(prefix: string, number: number, where: string): string | undefined {
  const files = [...where.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string);
  if (files.length === 0) return /^not (emulated|built): \S/.test(where) ? undefined : "no reason";
  for (const file of files) {
    const full = path.join(ROOT, file);
    if (!existsSync(full)) return `there is no ${file}`;
    if (!named(readFileSync(full, "utf8"), prefix).has(number)) return `not named in ${file}`;
  }
  return undefined;
}

t.test("ranges name what lies between", async (t) => {
  t.same([...named("CID-3 to CID-5, CID-9, AUD-7", "CID")], [3, 4, 5, 9]);
});

t.test("a place that does not name the requirement, or no reason, is found", async (t) => {
  t.equal(problem("CID", 3, "`test/none.ts`"), "there is no test/none.ts");
  t.match(problem("CID", 999, "`README.md`"), /not named/);
  t.equal(problem("CID", 3, "not emulated:"), "no reason");
  t.equal(problem("CID", 3, "not emulated: because"), undefined);
});

for (const { prefix, page, rows: count } of PAGES) {
  t.test(
    `${prefix}-1 to ${prefix}-${count} each have one row, and its places name it`,
    async (t) => {
      const text = readFileSync(path.join(ROOT, page), "utf8");
      const rows = [
        ...text.matchAll(new RegExp(`^\\| ${prefix}-(\\d+) \\|[^|]+\\| ([^|]+) \\|$`, "gm")),
      ];
      t.same(
        rows.map(([, number]) => Number(number)),
        Array.from({ length: count }, (_, index) => index + 1),
      );
      const problems = rows.flatMap(([, number, where = ""]) => {
        const found = problem(prefix, Number(number), where);
        return found === undefined ? [] : [`${prefix}-${number}: ${found}`];
      });
      t.same(problems, []);
    },
  );
}
