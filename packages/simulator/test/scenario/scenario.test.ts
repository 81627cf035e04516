import fc from "fast-check";
import t from "tap";
import {
  formatProblem,
  formatStep,
  parseScenario,
  runScenario,
} from "../../src/scenario/scenario.ts";

const STEPS =
  "task, thread, unshare, setns, caps, exec, exit, reap, ptrace, syscall, kill, packet, contid, " +
  "contid?, capcontid, capcontid?, loginuid, loginuid?, chain, containers, siginfo, limits, " +
  "policy, daemon, netlink, rule, floor, status, set, user, log, listen, heard";

t.test("every line that cannot be read is named, and what would be right", async (t) => {
  const { problems, steps } = parseScenario(
    '# fine\n\ntask a parent=nobody\nfly a\nchain "a\ncontid a 5\ntask b extra',
  );
  t.equal(steps.length, 1);
  t.same(
    problems.map((problem) => formatProblem("x.txt", problem)),
    [
      'x.txt:3: parent: expected the name of a task of an earlier step, found "nobody"',
      `x.txt:4: step: expected one of ${STEPS}, found "fly"`,
      'x.txt:5: line: expected a " that ends the quoted text, found "chain "a"',
      'x.txt:7: end of line: expected nothing more, found "extra"',
    ],
  );
});

t.test("a step is printed with its result lines behind two blanks", async (t) => {
  const scenario = parseScenario("  task a  \nchain a\n");
  const printed = [...runScenario(scenario)].map(formatStep).join("");
  t.equal(printed, "task a\n  2\nchain a\n  -1\n");
});

t.test("any text is read or refused, and what was read runs", async () => {
  const verbs = STEPS.split(", ");
  const word = fc.oneof(
    fc.constantFrom("init", "a", "b", "host", "5", "6", "by=a", "start", "stop", "HUP", "user"),
    fc.constantFrom("pid", "net", "GET", "USER_LOGIN", "-D", "-l", "getpid", "enabled=1", "of=a"),
    fc.string(),
  );
  const line = fc
    .tuple(fc.constantFrom(...verbs), fc.array(word, { maxLength: 4 }))
    .map(([verb, words]) => [verb, ...words].join(" "));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const { steps } = parseScenario(["task a", "task b parent=a", ...lines].join("\n"));
      for (const result of runScenario({ steps, problems: [] })) formatStep(result);
    }),
  );
});
