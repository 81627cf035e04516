// Every requirement of the contid design has a row that leads to where it is shown.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const REQUIREMENTS = 125;

/** The numbers that a text names, `CID-3 to CID-5` being three of them. */
function named(text: string): Set<number> {
  const numbers = new Set<number>();
  for (const [, from, to] of text.matchAll(/CID-(\d+)(?: to CID-(\d+))?/g)) {
    for (let n = Number(from); n <= Number(to ?? from); n++) numbers.add(n);
  }
  return numbers;
}

t.test("ranges name what lies between", async (t) => {
  t.same([...named("CID-3 to CID-5, CID-9")], [3, 4, 5, 9]);
});

t.test("CID-1 to CID-125 each have one row, and its places name it", async (t) => {
  const page = path.join(ROOT, "docs/reference/contid-requirements.md");
  const rows = [...readFileSync(page, "utf8").matchAll(/^\| CID-(\d+) \|[^|]+\| ([^|]+) \|$/gm)];
  t.same(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: REQUIREMENTS }, (_, index) => index + 1),
  );
  for (const [, number, where = ""] of rows) {
    const files = [...where.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string);
    if (files.length === 0) {
      t.match(where, /^not emulated: \S/, `CID-${number} has a reason`);
      continue;
    }
    for (const file of files) {
      const full = path.join(ROOT, file);
      if (!existsSync(full)) t.fail(`CID-${number}: there is no ${file}`);
      else if (!named(readFileSync(full, "utf8")).has(Number(number))) {
        t.fail(`CID-${number} is not named in ${file}`);
      }
    }
  }
});
