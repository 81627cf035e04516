import { readFileSync } from "node:fs";
import { parseRuleArguments } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { line, MACHINE, run } from "../rule-machine.ts";

interface Golden {
  readonly args: readonly string[];
  readonly rc: number;
  readonly stderr: string;
  readonly list: readonly string[];
}

const GOLDEN = new URL("../../../../test/golden/auditctl/", import.meta.url);
const commands: readonly Golden[] = JSON.parse(
  readFileSync(new URL("commands.json", GOLDEN), "utf8"),
);

/** The command lines of deviations.json, without their number: nothing else may deviate. */
const DEVIATING = ["saddr_fam=inet", "saddr_fam=inet6"];

t.test("128 command lines do what the real auditctl did (AUD-63)", async (t) => {
  t.equal(commands.length, 128);
  for (const { args, rc, stderr, list } of commands) {
    const name = args.join(" ").slice(0, 80);
    const outcome = run(args);
    t.equal(outcome.code, rc, name);
    t.equal(outcome.stderr, stderr, name);
    const listed = list.map((text) => `${text}\n`).join("");
    if (DEVIATING.includes(args.at(-1) ?? "")) t.not(outcome.list, listed, name);
    else t.equal(outcome.list, listed, name);
  }
});

function commandsOf(text: string): unknown {
  return parseRuleArguments(text.split(" "), MACHINE).commands;
}

t.test("options that are no rules", async (t) => {
  t.same(commandsOf("-D"), [{ kind: "delete-all" }]);
  t.same(commandsOf("-D -k x"), [{ kind: "delete-all", key: "x" }]);
  t.same(commandsOf("-l"), [{ kind: "list", interpret: false }]);
  t.same(commandsOf("-l -i"), [{ kind: "list", interpret: true }]);
  t.same(commandsOf("-l -k x"), [{ kind: "list", interpret: false, key: "x" }]);
  t.same(commandsOf("-s -i"), [{ kind: "status", interpret: true }]);
  t.same(commandsOf("-e 2"), [{ kind: "set", field: "enabled", value: 2 }]);
  t.same(commandsOf("-f 0"), [{ kind: "set", field: "failure", value: 0 }]);
  t.same(commandsOf("-r 0x10"), [{ kind: "set", field: "rate_limit", value: 16 }]);
  t.same(commandsOf("-b 99999999999"), [
    { kind: "set", field: "backlog_limit", value: 1215752191 },
  ]);
  t.same(commandsOf("--reset-lost"), [{ kind: "reset", counter: "lost" }]);
  t.same(commandsOf("--loginuid-immutable"), [{ kind: "loginuid-immutable" }]);
  t.same(commandsOf("--signal hup"), [{ kind: "signal", signal: "HUP" }]);
  t.same(commandsOf("-q /a,/b"), [{ kind: "make-equivalent", mount: "/a", subtree: "/b" }]);
  t.same(commandsOf("-R rules"), [{ kind: "read-file", file: "rules" }]);
  t.same(commandsOf("-v"), [{ kind: "version" }]);
  t.same(commandsOf("-h"), [{ kind: "usage" }]);
});

t.test("several settings on one line are made in order, up to the error", async (t) => {
  t.same(line("-b 5 -r 6 -a always,task").kinds, ["set", "set", "add"]);
  const failed = line("-b 5 -r x");
  t.same(failed.kinds, ["set"]);
  t.equal(failed.stderr, "Rate must be a numeric value was x\n");
});

t.test("other words beside these options are refused", async (t) => {
  t.equal(line("-s x").stderr, "Only -i option is allowed\n");
  t.equal(line("-b 5 -s").stderr, "Too many options for status command\n");
  t.equal(line("-l x").stderr, "Only -k or -i options are allowed\n");
  t.equal(line("-l a b c").stderr, "Wrong number of options for list request\n");
  t.equal(line("-D x").stderr, "Wrong number of options for Delete all request\n");
  t.equal(line("-D -i x").stderr, "Only the -k option is allowed\n");
  t.equal(line("-R a b").stderr, "Error - nested rule files not supported\n");
  t.equal(line("-q a").stderr, "Error parsing equivalent parts\n");
  t.equal(line("-w /a -q a,b").stderr, "Syscall auditing requested for make equivalent\n");
  t.equal(line("-b 99999999999999999999").stderr, "Error converting backlog\n");
});

t.test("AUD-62: a text record has no control characters", async (t) => {
  t.same(parseRuleArguments(["-m", "two words"], MACHINE).commands, [
    { kind: "user-record", text: "two words" },
  ]);
  t.equal(run(["-m", "a\tb"]).stderr, "Illegal character in audit event\n");
  t.equal(run(["-m", "\xe9"]).stderr, "Illegal character in audit event\n");
  t.match(line("-m a b").stderr, /^The -m option must be only the only option/);
});

t.test("any words give an answer, never an exception", async () => {
  const words = fc.oneof(
    fc.string(),
    fc.constantFrom("-a", "-A", "-d", "-S", "-F", "-C", "-k", "-p", "-w", "-W", "-D", "-l", "-s"),
    fc.constantFrom(
      "-i",
      "-e",
      "-b",
      "-R",
      "-m",
      "-q",
      "-t",
      "--",
      "--signal",
      "always,exit",
      "x=1",
    ),
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), (args) => {
      const { commands: made, error } = parseRuleArguments(args, MACHINE);
      return error === undefined || made.every(({ kind }) => kind !== "add");
    }),
  );
});
