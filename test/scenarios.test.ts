// Scenarios that `cauditd simulate` runs, with what it prints beside them. After a change that is
// meant: cauditd simulate test/scenarios/X.txt > test/scenarios/X.out, and read the difference.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { formatStep, parseScenario, runScenario } from "@cauditd/simulator";
import t from "tap";

const DIR = path.join(path.dirname(fileURLToPath(import.meta.url)), "scenarios");

for (const name of readdirSync(DIR).filter((file) => file.endsWith(".txt"))) {
  const text = readFileSync(path.join(DIR, name), "utf8");
  const title = text.split("\n", 1)[0]?.replace(/^# /, "") ?? name;
  t.test(`${name}: ${title}`, async (t) => {
    const scenario = parseScenario(text);
    t.same(scenario.problems, []);
    const printed = [...runScenario(scenario)].map(formatStep).join("");
    const expected = readFileSync(path.join(DIR, name.replace(/\.txt$/, ".out")), "utf8");
    t.equal(printed, expected);
  });
}
