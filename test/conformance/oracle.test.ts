// The rule matcher against the real kernel: logs recorded under rules with a key each, so that the
// kernel's own `key=` says which rule came first, and logs in which it left records out.
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type AuditEvent, AuditParser } from "@cauditd/auparse";
import { RuleMatcher } from "@cauditd/kernel";
import { Arch, parseRulesFile, type Rule, type RuleContext, RuleSet } from "@cauditd/libaudit";
import t from "tap";

const ORACLES = new URL("../corpus/oracles/", import.meta.url);
const GIVEN = new URL("../corpus/oracle/", import.meta.url);
/** Directories of the given oracle's machine; its other watched paths were files. */
const GIVEN_DIRECTORIES: ReadonlySet<string> = new Set([
  "/tmp/oracle/box/var/log",
  "/tmp/oracle/box/home/alice",
  "/tmp/oracle/box/srv",
]);

type Kind = ReturnType<RuleContext["stat"]>;

interface Undecidable {
  readonly oracle: string;
  readonly reason: string;
  readonly events: readonly string[];
}

const undecidable: readonly Undecidable[] = JSON.parse(
  readFileSync(new URL("undecidable.json", ORACLES), "utf8"),
);

function notDecided(oracle: string): string[] {
  return undecidable.filter((entry) => entry.oracle === oracle).flatMap(({ events }) => events);
}

function namesIn(folder: string): string[] {
  return readdirSync(new URL(folder, ORACLES)).sort();
}

/** What stood at the watched paths when the rules were loaded, as it was recorded. */
function recordedStat(oracle: URL): (path: string) => Kind {
  const kinds: Record<string, "directory" | "other" | null> = JSON.parse(
    readFileSync(new URL("paths.json", oracle), "utf8"),
  );
  return (path) => kinds[path] ?? undefined;
}

/** An oracle's rules in the order of the kernel's lists. */
function rulesOf(oracle: URL, stat: (path: string) => Kind): Rule[] {
  const file = parseRulesFile(readFileSync(new URL("audit.rules", oracle)), {
    arch: Arch.X86_64,
    resolver: { uid: () => undefined, gid: () => undefined },
    stat,
  });
  const set = new RuleSet(Arch.X86_64);
  const refused = file.commands.filter(
    ({ command }) => command.kind !== "add" || set.add(command.rule) !== 0,
  );
  if (file.errors.length > 0 || refused.length > 0) throw new Error(JSON.stringify(file.errors));
  return set.rules();
}

function eachEvent(oracle: URL, sink: (event: AuditEvent) => void): void {
  const parser = new AuditParser(sink);
  parser.push(gunzipSync(readFileSync(new URL("audit.log.gz", oracle))));
  parser.end();
}

/** The text of record `index` of an event. */
function line(event: AuditEvent, index: number): string {
  return (event.buffers[index] as Buffer).toString(
    "latin1",
    event.starts[index],
    event.ends[index],
  );
}

/** The key that the kernel wrote into a SYSCALL record; several stand in it in hex. */
function keyIn(record: string): string | undefined {
  const [, quoted, hex] = / key=(?:"([^"]*)"|([0-9A-F]+)|\(null\))$/m.exec(record) ?? [];
  return hex === undefined ? quoted : Buffer.from(hex, "hex").toString("latin1");
}

function stampIn(record: string): string {
  return /msg=audit\((\d+\.\d+:\d+)\)/.exec(record)?.[1] ?? "";
}

/** A system call's key by the kernel and by the matcher. */
interface Compared {
  readonly stamp: string;
  readonly kernel: string | undefined;
  readonly matcher: string | undefined;
}

const NOT_RECORDED = "(not recorded)";
/** Says that auditing is switched off: rules may be taken away from then on. */
const SWITCHED_OFF = /^type=CONFIG_CHANGE msg=audit\(\d+\.\d+:(\d+)\): op=set audit_enabled=0 /m;

/**
 * Runs an oracle's log through a matcher. The rules of `later` decide on events with serials
 * behind the record that says that auditing was switched off: a call that was running is decided
 * at its exit, while the rules are being deleted, in order.
 */
function compare(oracle: URL, rules: readonly Rule[], later = rules): Compared[] {
  const compared: Compared[] = [];
  const before = new RuleMatcher(rules);
  const behind = new RuleMatcher(later);
  const log = gunzipSync(readFileSync(new URL("audit.log.gz", oracle))).toString("latin1");
  const end = Number(SWITCHED_OFF.exec(log)?.[1]);
  if (Number.isNaN(end)) throw new Error("the log does not say when auditing was switched off");
  eachEvent(oracle, (event) => {
    const call = event.indexOf(1300);
    const decision = (event.serial > end ? behind : before).decide(event, []);
    if (call < 0) return;
    const record = line(event, call);
    const matcher = decision.record ? decision.key : NOT_RECORDED;
    compared.push({ stamp: stampIn(record), kernel: keyIn(record), matcher });
  });
  return compared;
}

function differing(compared: readonly Compared[]): string[] {
  return compared.filter(({ kernel, matcher }) => kernel !== matcher).map(({ stamp }) => stamp);
}

/** Calls that the oracles have at least: a log that was cut short is no evidence. */
const CALLS: Readonly<Record<string, number>> = {
  "calls-arguments": 9631,
  "calls-groups": 333,
  "calls-ids": 10162,
  "calls-objects": 9185,
  filesystem: 988,
  "names-order": 279,
  "names-trees": 9473,
  "names-watches": 9529,
  "task-always": 988,
};

t.test("the kernel's own key of every call is the matcher's (AUD-76 to AUD-91)", (t) => {
  t.same(namesIn("exit/"), Object.keys(CALLS));
  for (const name of namesIn("exit/")) {
    const oracle = new URL(`exit/${name}/`, ORACLES);
    const compared = compare(oracle, rulesOf(oracle, recordedStat(oracle)));
    t.equal(compared.length, CALLS[name], `${name}: calls`);
    t.same(differing(compared), notDecided(`exit/${name}`), `${name}: calls that differ`);
  }
  t.end();
});

t.test("the given oracle's keys are the matcher's, whatever a watched path is taken for", (t) => {
  const truth = (path: string): Kind => (GIVEN_DIRECTORIES.has(path) ? "directory" : "other");
  for (const stat of [truth, (): Kind => "directory"]) {
    const rules = rulesOf(GIVEN, stat);
    const always = rules.filter(({ action }) => action === "always");
    const compared = compare(GIVEN, rules, always);
    t.equal(compared.length, 10789);
    t.same(differing(compared), []);
    t.equal(differing(compare(GIVEN, rules)).length, 8, "never rules were deleted first");
  }
  t.end();
});

t.test("what no record tells is not decided: gid, where a task has more groups (AUD-84)", (t) => {
  const oracle = new URL("exit/calls-groups/", ORACLES);
  const listed = new Set(notDecided("exit/calls-groups"));
  const record = /syscall=(39|95|110) .* gid=(?!100 )(\d+) .* egid=(?!100 )(\d+) /;
  let seen = 0;
  eachEvent(oracle, (event) => {
    const call = event.indexOf(1300);
    if (call < 0 || !listed.has(stampIn(line(event, call)))) return;
    seen++;
    t.match(line(event, call), record, "neither id is 100");
    t.match(line(event, call), / key="(gid-100|egid-100|rest)"/, "the kernel found it or 4");
  });
  t.equal(seen, listed.size);
  t.end();
});

/** The workload's own events of a log by serial; records that `rules` leave out are left out. */
function ownEvents(name: string, rules: readonly Rule[] | undefined): string[] {
  const found: { readonly serial: number; readonly text: string }[] = [];
  const matcher = rules === undefined ? undefined : new RuleMatcher(rules);
  eachEvent(new URL(`filter/${name}/`, ORACLES), (event) => {
    const decision = matcher?.decide(event, []);
    const records = Array.from({ length: event.count }, (_, index) => line(event, index));
    if (!records.some((record) => / auid=31337 /.test(record))) return;
    if (decision?.record === false) return;
    const kept = records.filter((_, index) => decision?.leftOut[index] !== 1);
    if (kept.length === 0) return;
    const key = decision === undefined ? keyIn(kept.join("\n")) : decision.key;
    found.push({ serial: event.serial, text: summary(kept, key) });
  });
  return found.sort((a, b) => a.serial - b.serial).map(({ text }) => text);
}

/** What is the same in every run: call, result, key and record types; a message's number. */
function summary(records: readonly string[], key: string | undefined): string {
  const types = records.map((record) => /^type=(\S+)/.exec(record)?.[1]).join(" ");
  const [, message] = / (n=\d+) /.exec(records[0] ?? "") ?? [];
  if (message !== undefined) return `${types} ${message}`;
  const call = records.find((record) => record.startsWith("type=SYSCALL")) ?? "";
  const [, number] = / syscall=(\d+)/.exec(call) ?? [];
  const [, result] = / (success=\w+)/.exec(call) ?? [];
  return `${types} ${number} ${result} ${key}`;
}

/** Lines of `left` that `right` does not have, both in the same order. */
function missing(left: readonly string[], right: readonly string[]): string[] {
  const found: string[] = [];
  let at = 0;
  for (const text of left) {
    if (text === right[at]) at++;
    else found.push(text);
  }
  return at === right.length ? found : [...found, `not in order: ${right[at]}`];
}

t.test(
  "exclude, user and task lists leave out what the kernel left out (AUD-66 to AUD-76)",
  (t) => {
    const names = namesIn("filter/").filter((name) => name !== "reference");
    t.equal(names.length, 10);
    const everything = ownEvents("reference", undefined);
    t.equal(everything.length, 1105);
    for (const name of names) {
      const oracle = new URL(`filter/${name}/`, ORACLES);
      const rules = rulesOf(oracle, recordedStat(oracle));
      const kernel = ownEvents(name, undefined);
      const matcher = ownEvents("reference", rules);
      t.ok(kernel.length > 600, `${name}: events`);
      t.notSame(kernel, everything, `${name} leaves something out`);
      t.same(missing(matcher, kernel), notDecided(`filter/${name}`), `${name}: kept by mistake`);
    }
    t.end();
  },
);
