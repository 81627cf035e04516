import { type AuditEvent, AuditParser, type Header } from "@cauditd/auparse";
import { RuleMatcher } from "@cauditd/kernel";
import { formatRule, formatRules, parseChain, RecordType, type Rule } from "@cauditd/libaudit";
import { loadRules, readRules } from "../config/rules-file.ts";
import { readBytes } from "../config/text-file.ts";
import { machineArch, otherMachine, thisMachine } from "../node/machine.ts";
import { LogSource } from "../source/log-source.ts";
import type { Io } from "../terminal/io.ts";

/** Options of `cauditd rules check`. */
export interface CheckOptions {
  readonly json?: boolean;
  /** Refuse paths that are not on this machine. */
  readonly paths?: boolean;
}

/**
 * Checks a rules file and prints it as `auditctl -l` would after loading it.
 * @returns the exit code: 0, or 1 when auditctl would have ended with an error
 */
export async function checkRules(path: string, options: CheckOptions, io: Io): Promise<number> {
  const name = path === "-" ? "stdin" : path;
  const loaded = loadRules(await readBytes(path), thisMachine(), {
    name,
    ...(options.paths === true ? { paths: true } : {}),
  });
  for (const complaint of loaded.complaints) io.err(`${complaint}\n`);
  const format = { arch: machineArch() };
  if (options.json === true) {
    const rules = loaded.rules.map((rule) => formatRule(rule, format));
    const { complaints, failed } = loaded;
    io.out(`${JSON.stringify({ rules, complaints, failed }, null, 2)}\n`);
  } else if (!loaded.failed) {
    io.out(Buffer.from(formatRules(loaded.rules, format), "latin1"));
  }
  return loaded.failed ? 1 : 0;
}

/** Options of `cauditd rules explain`. */
export interface ExplainOptions {
  readonly rules: string;
  readonly json?: boolean;
}

/** Output is collected up to this many characters. */
const BATCH = 64 * 1024;

/**
 * Says which rule decides on each event of a log:
 * `sec.milli:serial<TAB>action<TAB>key<TAB>rule-number`.
 */
export async function explainRules(log: string, options: ExplainOptions, io: Io): Promise<number> {
  const rules = await readRules(options.rules, otherMachine());
  const source = await LogSource.open(log);
  const explainer = new Explainer(rules);
  let lines = "";
  const parser = new AuditParser(
    (event) => {
      const said = explainer.explain(event);
      lines += options.json === true ? `${JSON.stringify(said)}\n` : textOf(said);
    },
    { onRecord: (head, buf, start, end) => explainer.record(head, buf, start, end) },
  );
  try {
    for await (const chunk of source.chunks()) {
      parser.push(chunk);
      if (lines.length > BATCH) {
        io.out(lines);
        lines = "";
      }
      if (io.stop.signal !== undefined) break;
    }
  } finally {
    await source.close();
  }
  parser.end();
  io.out(lines);
  return io.stop.exitCode;
}

/** What is said of one event. */
export interface Explanation {
  /** `sec.milli:serial`. */
  readonly event: string;
  /** `always`: it is recorded; `never`: it is not. */
  readonly action: "always" | "never";
  /** Keys of the rule, `,` between them; null = no rule, or one without key. */
  readonly key: string | null;
  /** Number of the rule in the listing, from 1; 0 = no rule matches. */
  readonly rule: number;
}

function textOf({ event, action, key, rule }: Explanation): string {
  return `${event}\t${action}\t${key ?? "(null)"}\t${rule}\n`;
}

const AUDIT_SWITCH = /[ ]audit_enabled=([012]) old=/;

/**
 * Explains the events of a log one after the other. A record that says `audit_enabled=0` is where
 * rules are taken down: calls that were running are still decided when they end, by the rules that
 * remain, and an event that is in the log shows that no `never` rule in front of it was in force.
 * So `never` rules count no more from there, until auditing is switched on again.
 */
export class Explainer {
  readonly #matcher: RuleMatcher;
  readonly #remaining: RuleMatcher;
  /** Numbers in the listing of the rules that remain. */
  readonly #numbers: readonly number[];
  /** Serial of the record that said `audit_enabled=0`; -1 = auditing is on. */
  #off = -1;

  /** @param rules in the order in which `auditctl -l` lists them */
  constructor(rules: readonly Rule[]) {
    this.#matcher = new RuleMatcher(rules);
    const remaining = rules
      .map((rule, index) => ({ rule, number: index + 1 }))
      .filter(({ rule }) => rule.list !== "exit" || rule.action === "always");
    this.#remaining = new RuleMatcher(remaining.map(({ rule }) => rule));
    this.#numbers = [0, ...remaining.map(({ number }) => number)];
  }

  /** Says what the rules make of an event; every event of the log has to come here, in order. */
  explain(event: AuditEvent): Explanation {
    const chain = chainOf(event);
    const decision = this.#matcher.decide(event, chain);
    // Both learn from every event where files are.
    const remaining = this.#remaining.decide(event, chain);
    const off = this.#off >= 0 && event.serial > this.#off;
    const { record, key, rule } = off ? remaining : decision;
    const number = off ? (this.#numbers[rule] ?? 0) : rule;
    const milli = String(event.milli).padStart(3, "0");
    return {
      event: `${event.sec}.${milli}:${event.serial}`,
      action: record ? "always" : "never",
      key: key?.replaceAll("\x01", ",") ?? null,
      rule: number,
    };
  }

  /** A record has come: it may say that auditing was switched on or off. */
  record(head: Header, buf: Buffer, start: number, end: number): void {
    if (head.type !== RecordType.CONFIG_CHANGE) return;
    const found = AUDIT_SWITCH.exec(buf.toString("latin1", start, end));
    if (found !== null) this.#off = found[1] === "0" ? head.serial : -1;
  }
}

/** The chain of the event's CONTAINER_ID record; empty without one. */
function chainOf(event: AuditEvent): readonly bigint[] {
  const index = event.indexOf(RecordType.CONTAINER_ID);
  if (index < 0) return [];
  const found = / contid=(\S+)/.exec(event.line(index).toString("latin1"));
  return parseChain(found?.[1] ?? "") ?? [];
}
