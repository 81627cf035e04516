import { readFileSync } from "node:fs";
import { type ValueTable, valueName, valueRows } from "@cauditd/libaudit";
import t from "tap";

const SOURCE = new URL("../tables/sources/values.tsv", import.meta.url);

t.test("every recorded value has its name, and flags keep their order", async (t) => {
  const lines = readFileSync(SOURCE, "utf8").trimEnd().split("\n");
  const tables = new Map<string, [number, string][]>();
  for (const line of lines) {
    const [table = "", number = "", name = ""] = line.split("\t");
    tables.set(table, [...(tables.get(table) ?? []), [Number(number), name]]);
  }
  t.ok(tables.size > 35);
  for (const [table, rows] of tables) {
    t.same(valueRows(table as ValueTable), rows, table);
    for (const [number, name] of rows) t.equal(valueName(table as ValueTable, number), name);
  }
});

t.test("a number that a table does not have has no name", async (t) => {
  t.equal(valueName("signal", 32), undefined);
  t.equal(valueName("signal", -1), undefined);
  t.equal(valueName("family", 0), undefined);
});
