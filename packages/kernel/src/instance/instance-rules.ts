import {
  checkRule,
  Errno,
  formatRule,
  MASK_WORDS,
  matchesKey,
  type Rule,
  type RuleList,
  RuleListNumber,
  type RuleRefusal,
  RuleSet,
  UNSET_U32,
} from "@cauditd/libaudit";
import {
  type ControlReply,
  type ControlSubject,
  lockedRuleRecord,
  type ReplaceOp,
  replaceRecord,
  reply,
  ruleRecord,
} from "./control-record.ts";
import type { InstanceStatus } from "./instance-status.ts";

/** The rule of an instance that was given none; visible and removable like any other. */
export const DEFAULT_RULE = "-a always,exit -S all";

const RECORD_ALL: Rule = {
  list: "exit",
  action: "always",
  prepend: false,
  syscalls: new Uint32Array(MASK_WORDS).fill(UNSET_U32),
  fields: [],
};

/** What replacing rules answers. */
export interface ReplaceReply extends ControlReply {
  /** Place of the rule that was refused in the given list, from 0; -1 for none. */
  readonly refused: number;
}

/**
 * The rules of one instance: those of its admin, and a floor that the host sets. Floor rules come
 * first on each list and are listed like the others, but only the host can change them.
 */
export class InstanceRules {
  readonly #status: InstanceStatus;
  /** Architecture of the machine, AUDIT_ARCH_*. */
  readonly arch: number;
  readonly #own: RuleSet;
  readonly #floor: RuleSet;
  #version = 0;
  #isDefault = true;

  /** @param arch architecture of the machine, AUDIT_ARCH_* */
  constructor(status: InstanceStatus, arch: number) {
    this.#status = status;
    this.arch = arch;
    this.#own = new RuleSet(arch);
    this.#floor = new RuleSet(arch);
    this.#own.add(RECORD_ALL);
  }

  /** Rises with each change. */
  get version(): number {
    return this.#version;
  }

  /** True while it was given none: then events are recorded as they came, keys included. */
  get isDefault(): boolean {
    return this.#isDefault;
  }

  /** All rules in the order of -l and of decision: by list, the floor's first. */
  get listed(): readonly Rule[] {
    const lists = Object.keys(RuleListNumber) as RuleList[];
    lists.sort((a, b) => RuleListNumber[a] - RuleListNumber[b]);
    return lists.flatMap((list) => [...this.#floor.list(list), ...this.#own.list(list)]);
  }

  /** The host's rules. */
  get floor(): readonly Rule[] {
    return this.#floor.rules();
  }

  /** The admin's rules. */
  get own(): readonly Rule[] {
    return this.#own.rules();
  }

  /** Puts rules as they were in an earlier life; undefined = it had been given none. */
  restore(own: readonly Rule[] | undefined, floor: readonly Rule[]): void {
    if (own !== undefined) this.#own.replaceAll(own);
    this.#floor.replaceAll(floor);
    if (own !== undefined || floor.length > 0) this.#changed();
  }

  /** The listed rules as `auditctl -l` prints them. */
  get text(): readonly string[] {
    return this.listed.map((rule) => formatRule(rule, { arch: this.arch }));
  }

  /** Gives the rules to start with, instead of the default rule; no record is made. */
  load(rules: readonly Rule[]): RuleRefusal | undefined {
    const refusal = this.#own.replaceAll(rules);
    if (refusal === undefined) this.#changed();
    return refusal;
  }

  /**
   * AUDIT_ADD_RULE. EPERM while locked (AUD-99), EEXIST for a rule that is there (AUD-50), else
   * what checkRule says; a malformed rule makes no record (AUD-119).
   */
  add(rule: Rule, subject: ControlSubject): ControlReply {
    return this.#change("add_rule", rule, subject, () =>
      !rule.prepend && this.#floor.has(rule) ? Errno.EEXIST : this.#own.add(rule),
    );
  }

  /**
   * AUDIT_DEL_RULE. EPERM while locked and for a rule of the floor, ENOENT for one that is not
   * there (AUD-55).
   */
  delete(rule: Rule, subject: ControlSubject): ControlReply {
    return this.#change("remove_rule", rule, subject, () => {
      const errno = this.#own.delete(rule);
      return errno === Errno.ENOENT && this.#floor.has(rule) ? Errno.EPERM : errno;
    });
  }

  /**
   * -D, -D -k: a removal for each rule whose key contains `key`. The floor's rules stay, which is
   * no error: rule files begin with -D. EPERM while locked, if there is a rule to remove.
   */
  deleteAll(key: string, subject: ControlSubject): ControlReply {
    if (this.#status.enabled === 2) {
      const some = this.#own.rules().some((rule) => matchesKey(rule, key));
      return some ? reply(Errno.EPERM, [lockedRuleRecord("remove_rule", subject)]) : reply(0);
    }
    const removed = this.#own.deleteAll(key);
    if (removed.length > 0) this.#changed();
    if (this.#status.enabled === 0) return reply(0);
    return reply(
      0,
      removed.map((rule) => ruleRecord("remove_rule", rule, subject, true)),
    );
  }

  /**
   * Replaces the admin's rules at once, or not at all when one is refused: no event is decided by a
   * part of them. EPERM while locked.
   */
  replace(rules: readonly Rule[], subject: ControlSubject): ReplaceReply {
    if (this.#status.enabled !== 2) return this.#replaceAll("replace_rules", rules, subject);
    const records = [replaceRecord("replace_rules", this.#own.size, subject, 0)];
    return { errno: Errno.EPERM, value: 0, records, refused: -1 };
  }

  /** Replaces the host's rules at once; the admin's lock does not bind the host. */
  setFloor(rules: readonly Rule[], subject: ControlSubject): ReplaceReply {
    return this.#replaceAll("replace_floor", rules, subject);
  }

  #replaceAll(op: ReplaceOp, rules: readonly Rule[], subject: ControlSubject): ReplaceReply {
    const set = op === "replace_floor" ? this.#floor : this.#own;
    const refusal = set.replaceAll(rules);
    if (refusal === undefined) this.#changed();
    const record = replaceRecord(op, set.size, subject, refusal === undefined ? 1 : 0);
    return {
      errno: refusal?.errno ?? 0,
      value: 0,
      records: this.#status.enabled === 0 ? [] : [record],
      refused: refusal?.index ?? -1,
    };
  }

  #change(
    op: "add_rule" | "remove_rule",
    rule: Rule,
    subject: ControlSubject,
    act: () => Errno | 0,
  ): ControlReply {
    if (this.#status.enabled === 2) return reply(Errno.EPERM, [lockedRuleRecord(op, subject)]);
    const malformed = checkRule(rule);
    if (malformed !== 0) return reply(malformed);
    const errno = act();
    if (errno === 0) this.#changed();
    if (this.#status.enabled === 0) return reply(errno);
    return reply(errno, [ruleRecord(op, rule, subject, errno === 0)]);
  }

  #changed(): void {
    this.#version++;
    this.#isDefault = false;
  }
}
