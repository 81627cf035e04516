import { type AuditEvent, FieldScanner } from "@cauditd/auparse";
import {
  FieldNumber,
  isUserRecord,
  RecordType,
  type Rule,
  type RuleList,
  ruleKeys,
  UNSET_U32,
} from "@cauditd/libaudit";
import { CALL_RECORDS } from "../call-records.ts";
import { isExitGroup } from "../exit-calls.ts";
import { EventFacts } from "./event-facts.ts";
import { ExitFilter, type NumberedRule } from "./exit-filter.ts";
import { RecordFacts, RecordFilter } from "./record-filter.ts";

/** What the rules say of one event. One object is used again. */
export interface Decision {
  /** At least one of its records is recorded. */
  record: boolean;
  /** Number in the listing of the rule that decided on the system call, from 1; 0 = none. */
  rule: number;
  /** Key of the event's SYSCALL record; undefined = none. */
  key: string | undefined;
  /** A CONTAINER_ID record that is put in would be left out. */
  contidOut: boolean;
  /** How many records are left out; `leftOut` says which. */
  left: number;
  /** 1 for each record that is left out, by its index. */
  readonly leftOut: Uint8Array;
}

/** Records that belong to the system call, by type. */
const OF_CALL = new Uint8Array(4096);
for (const type of CALL_RECORDS) OF_CALL[type] = 1;

/** Most records of one event that can be left out one by one. */
const MAX_RECORDS = 1024;
/** Most tasks whose state under the task list is remembered. */
const MAX_TASKS = 65536;

const scanner = new FieldScanner();
const PID = Buffer.from("pid", "latin1");
const UID = Buffer.from("uid", "latin1");
const AUID = Buffer.from("auid", "latin1");
const EXE = Buffer.from("exe", "latin1");

/**
 * Decides on events as the kernel's filters do: exit, user, exclude and task lists, the first
 * match wins (spec/auditd.md 2.1 to 2.4). Made once for each change of the rules. It learns from
 * the events, so it must see all of them, in order.
 */
export class RuleMatcher {
  readonly #facts = new EventFacts();
  readonly #exit: ExitFilter;
  readonly #user: RecordFilter;
  readonly #exclude: RecordFilter;
  readonly #task: RecordFilter;
  /** Rule of the task list that took a task, by pid; 0 = none. */
  readonly #tasks: Map<number, number> = new Map();
  readonly #rules: readonly Rule[];
  readonly #hits: Float64Array;
  readonly #subject = new RecordFacts();
  /** Records of the last event: as much of `leftOut` may be set. */
  #cleared = 0;
  readonly #decision: Decision = {
    record: true,
    rule: 0,
    key: undefined,
    contidOut: false,
    left: 0,
    leftOut: new Uint8Array(MAX_RECORDS),
  };

  /** @param rules in the order in which `auditctl -l` lists them */
  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    this.#hits = new Float64Array(rules.length + 1);
    const of = (list: RuleList): NumberedRule[] =>
      rules
        .map((rule, index) => ({ rule, number: index + 1 }))
        .filter(({ rule }) => rule.list === list);
    this.#exit = new ExitFilter(of("exit"), this.#facts);
    this.#user = new RecordFilter(of("user"));
    this.#exclude = new RecordFilter(of("exclude"));
    this.#task = new RecordFilter(of("task"));
  }

  /** How often rule `number`, from 1, has decided. */
  hits(number: number): number {
    return this.#hits[number] ?? 0;
  }

  /**
   * Decides on an event.
   * @param chain the chain of its container, leaf first; empty for the host's own
   * @returns valid until the next call
   */
  decide(event: AuditEvent, chain: readonly bigint[]): Decision {
    const decision = this.#decision;
    if (decision.left > 0) decision.leftOut.fill(0, 0, this.#cleared);
    this.#cleared = event.count;
    decision.left = 0;
    decision.rule = 0;
    decision.key = undefined;
    decision.record = true;
    decision.contidOut = false;
    const facts = this.#facts;
    facts.reset(event);
    if (facts.index >= 0) this.#call(event, chain);
    else if (!this.#user.empty) this.#userRecords(event, chain);
    if (!this.#exclude.empty && decision.record) this.#excludeRecords(event, chain);
    if (decision.left >= event.count) decision.record = false;
    if (decision.rule > 0) this.#hits[decision.rule] = (this.#hits[decision.rule] ?? 0) + 1;
    return decision;
  }

  /** The task list has the first word, then the exit list. */
  #call(event: AuditEvent, chain: readonly bigint[]): void {
    const decision = this.#decision;
    this.#exit.chain = chain;
    const found = this.#exit.decide();
    const task = this.#task.empty ? 0 : this.#taskRule(chain);
    if (task > 0) {
      const rule = this.#rules[task - 1] as Rule;
      decision.rule = task;
      if (rule.action === "never") this.#leaveOutCall(event);
      else decision.key = keyOf(rule);
      return;
    }
    if (found !== undefined) {
      decision.rule = found.number;
      if (found.always) decision.key = this.#exit.key;
      else this.#leaveOutCall(event);
      return;
    }
    // A record that another part of the kernel made during the call brings the call with it.
    if (!this.#facts.hasOther) decision.record = false;
  }

  /** The rule that took the task when it was first seen. */
  #taskRule(chain: readonly bigint[]): number {
    const { call } = this.#facts;
    const pid = call.number(FieldNumber.PID);
    let rule = this.#tasks.get(pid);
    if (rule === undefined) {
      const subject = this.#subjectOfCall(chain);
      // The task list looks at a task that does not run yet: it has no executable.
      subject.exe = undefined;
      subject.call = call;
      rule = this.#task.first(subject, undefined);
      if (this.#tasks.size >= MAX_TASKS) {
        for (const oldest of this.#tasks.keys()) {
          this.#tasks.delete(oldest);
          break;
        }
      }
      this.#tasks.set(pid, rule);
    }
    if (isExitGroup(call.arch, call.syscall)) this.#tasks.delete(pid);
    return rule;
  }

  #userRecords(event: AuditEvent, chain: readonly bigint[]): void {
    const decision = this.#decision;
    for (let i = 0; i < event.count; i++) {
      const type = event.types[i] as number;
      if (!isUserRecord(type)) continue;
      const rule = this.#user.first(this.#subjectOfRecord(event, i, chain), type);
      if (rule === 0) continue;
      decision.rule = rule;
      if ((this.#rules[rule - 1] as Rule).action === "always") continue;
      // What belongs to the message, such as its CONTAINER_ID, goes with it.
      for (let j = 0; j < event.count; j++) this.#leaveOut(j);
      return;
    }
  }

  /** Record by record: the action of a rule of the exclude list does not matter. */
  #excludeRecords(event: AuditEvent, chain: readonly bigint[]): void {
    const { index } = this.#facts;
    const call = index >= 0;
    if (call) {
      const subject = this.#subjectOfCall(chain);
      if (this.#exclude.first(subject, RecordType.SYSCALL) > 0) this.#leaveOutCall(event);
    }
    for (let i = 0; i < event.count; i++) {
      if (i === index || this.#decision.leftOut[i] === 1) continue;
      const type = event.types[i] as number;
      // Records that auditd makes itself never pass the kernel.
      if (type >= 1200 && type <= 1299) continue;
      const subject = call ? this.#subject : this.#subjectOfRecord(event, i, chain);
      if (this.#exclude.first(subject, type) > 0) this.#leaveOut(i);
    }
    // The record that an instance puts in is made for the same task.
    this.#decision.contidOut = this.#exclude.first(this.#subject, RecordType.CONTAINER_ID) > 0;
  }

  #leaveOut(index: number): void {
    const decision = this.#decision;
    if (index >= MAX_RECORDS || decision.leftOut[index] === 1) return;
    decision.leftOut[index] = 1;
    decision.left++;
  }

  /** The SYSCALL record and its companions; what others made during the call stays. */
  #leaveOutCall(event: AuditEvent): void {
    if (!this.#facts.hasOther) {
      this.#decision.record = false;
      return;
    }
    for (let i = 0; i < event.count; i++) {
      if (OF_CALL[event.types[i] as number] === 1) this.#leaveOut(i);
    }
  }

  #subjectOfCall(chain: readonly bigint[]): RecordFacts {
    const { call } = this.#facts;
    const subject = this.#subject;
    subject.pid = call.number(FieldNumber.PID);
    subject.uid = call.number(FieldNumber.UID);
    subject.gid = call.has(FieldNumber.GID) ? call.number(FieldNumber.GID) : -1;
    subject.auid = call.number(FieldNumber.LOGINUID);
    subject.exe = call.exe();
    subject.label = call.subject();
    subject.chain = chain;
    subject.call = undefined;
    return subject;
  }

  #subjectOfRecord(event: AuditEvent, index: number, chain: readonly bigint[]): RecordFacts {
    const subject = this.#subject;
    subject.pid = -1;
    subject.uid = -1;
    subject.gid = -1;
    subject.auid = UNSET_U32;
    subject.exe = undefined;
    subject.label = undefined;
    subject.chain = chain;
    const buf = event.buffers[index] as Buffer;
    scanner.reset(buf, event.bodies[index] as number, event.ends[index] as number);
    while (scanner.next() && !scanner.enriched) {
      if (scanner.named(PID)) subject.pid = Number(scanner.raw());
      else if (scanner.named(UID)) subject.uid = Number(scanner.raw());
      else if (scanner.named(AUID)) subject.auid = Number(scanner.raw());
      else if (scanner.name() === "subj") subject.label = scanner.raw();
      else if (scanner.name() === "msg") subject.exe = exeInside(buf);
    }
    return subject;
  }
}

/** The executable that a user record's sender names; `scanner` stands on `msg='...'`. */
function exeInside(buf: Buffer): string | undefined {
  const inner = new FieldScanner();
  inner.reset(buf, scanner.valueStart + 1, scanner.valueEnd);
  while (inner.next()) {
    if (inner.named(EXE)) return inner.raw().replace(/^"|"$/g, "");
  }
  return undefined;
}

function keyOf(rule: Rule): string | undefined {
  const keys = ruleKeys(rule);
  return keys.length === 0 ? undefined : keys.join("\x01");
}
