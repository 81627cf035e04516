import t from "tap";
import { z } from "zod";
import { YamlFile } from "../../src/config/yaml-file.ts";
import { problemsOf } from "../problems.ts";

const TEXT = `# a comment
logs: l
source:
  type: simulator
  rate: 0
list:
  - a
  - { name: b,
      pid: 1 }
`;

t.test("a field has the line that it begins at", async (t) => {
  const file = YamlFile.parse("F", TEXT);
  t.equal(file.place(["logs"]), "F:2: logs: ");
  t.equal(file.place(["source", "rate"]), "F:5: source.rate: ");
  t.equal(file.place(["list", 0]), "F:7: list[0]: ");
  t.equal(file.place(["list", 1, "pid"]), "F:9: list[1].pid: ");
});

t.test("one that is not there has the line of what it would be in", async (t) => {
  const file = YamlFile.parse("F", TEXT);
  t.equal(file.place(["source", "seed"]), "F:3: source.seed: ");
  t.equal(file.place(["list", 7, "pid"]), "F:6: list[7].pid: ");
  t.equal(file.place([]), "F:2: ");
  t.equal(YamlFile.parse("F", "").place(["logs"]), "F: logs: ");
});

t.test("each key that there is not is a problem of its own", async (t) => {
  const shape = z.strictObject({ logs: z.string() });
  const file = YamlFile.parse("F", "logs: l\nlog: l\n\nlg: 1\n");
  t.same(file.problems(shape.safeParse(file.value).error), [
    "F:2: log: there is no such field",
    "F:4: lg: there is no such field",
  ]);
  t.same(file.problems(undefined), []);
});

t.test("what is no YAML is told with line and column", async (t) => {
  t.match(await problemsOf(() => YamlFile.parse("F", "a: [\nb: 1\n")), [/^F:2:1: /]);
});
