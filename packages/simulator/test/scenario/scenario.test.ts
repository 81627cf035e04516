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

t.test("any steps in any order run to their end", async () => {
  const task = fc.constantFrom("init", "t0", "t1", "t2", "t3", "t4");
  const scope = fc.constantFrom("host", "1", "2", "3");
  const of = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
    fc
      .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
      .map((words) => words.join(" "));
  const by = task.map((name) => `by=${name}`);
  const kind = fc.constantFrom("user", "pid", "net");
  const step = fc.oneof(
    of(
      "task",
      fc.constantFrom("t0", "t1", "t2", "t3", "t4"),
      task.map((name) => `parent=${name}`),
    ),
    of(
      "thread",
      fc.constantFrom("t0", "t1"),
      task.map((name) => `of=${name}`),
    ),
    of("contid", task, fc.constantFrom("1", "2", "3"), by),
    of("capcontid", task, "1", by),
    of(fc.constantFrom("exit", "reap", "packet", "siginfo", "heard", "chain"), task),
    of("unshare", task, kind),
    of(
      "setns",
      task,
      kind,
      task.map((name) => `of=${name}`),
    ),
    of(fc.constantFrom("exec"), task, "/bin/x"),
    of("daemon", task, fc.constantFrom("start", "stop")),
    of("listen", task, fc.constantFrom("start", "stop")),
    of("ptrace", task, fc.constantFrom("attach", "detach"), by),
    of("kill", task, fc.constantFrom("HUP", "KILL", "STOP", "CONT"), by),
    of("set", scope, fc.constantFrom("enabled=0", "enabled=1", "backlog_limit=1"), by),
    of("rule", scope, fc.constantFrom("-D", "-l", "-a always,exit -F contid=2"), by),
    of("log", scope),
    of("policy", fc.constantFrom("strict off", "ns_records on", "mainline on", "mainline off")),
  );
  const born = ["task t0", "task t1 parent=t0", "task t2 parent=t1", "task t3", "task t4"];
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const { steps: read, problems } = parseScenario([...born, ...steps].join("\n"));
      const results = [...runScenario({ steps: read, problems })];
      return problems.length === 0 && results.length === born.length + steps.length;
    }),
    { numRuns: 60 },
  );
});
