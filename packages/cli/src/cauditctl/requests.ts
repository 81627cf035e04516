// The requests that cauditctl makes, and their answers with their types.
import type { RulesPage, StatusReply } from "@cauditd/dispatcher";
import {
  AuditError,
  type AuditFeature,
  Errno,
  type Rule,
  ruleFromPayload,
  ruleToPayload,
  type StatusField,
} from "@cauditd/libaudit";
import {
  badAnswer,
  featuresShape,
  readAnswer,
  rulesShape,
  statusShape,
  valueShape,
} from "./answer-shapes.ts";

/** A rule of an instance, and whether the host demands it. */
export interface InstanceRule {
  readonly rule: Rule;
  readonly floor: boolean;
}

/** Whoever carries requests to a host. */
export interface Asker {
  request(verb: string, body?: object): Promise<unknown>;
}

/** How often a listing that changes meanwhile is begun again. */
const LIST_ATTEMPTS = 5;

/** One instance, asked over a client. Every call throws the AuditError that the host answers. */
export class Requests {
  readonly #client: Asker;
  /** The instance, as the user named it. */
  readonly scope: string;
  readonly #floor: boolean;

  constructor(client: Asker, scope: string, floor: boolean) {
    this.#client = client;
    this.scope = scope;
    this.#floor = floor;
  }

  async status(): Promise<StatusReply> {
    return readAnswer("status", statusShape, await this.#ask("status"));
  }

  async feature(name: "loginuid_immutable"): Promise<AuditFeature> {
    return readAnswer("features", featuresShape, await this.#ask("features"))[name];
  }

  async set(field: StatusField, value: number): Promise<void> {
    await this.#ask("status-set", { [field]: value });
  }

  /** Answers the old value. */
  async reset(counter: "lost" | "backlog_wait_time_actual"): Promise<number> {
    const verb = counter === "lost" ? "lost-reset" : "wait-time-reset";
    return readAnswer(verb, valueShape, await this.#ask(verb)).value;
  }

  async lockLoginuid(): Promise<void> {
    await this.#ask("features-set", { loginuid_immutable: { on: true, lock: true } });
  }

  /** All rules, page by page. EAGAIN when they change all the time. */
  async rules(): Promise<InstanceRule[]> {
    for (let attempt = 0; attempt < LIST_ATTEMPTS; attempt++) {
      const rules = await this.#wholeListing();
      if (rules !== undefined) return rules;
    }
    throw new AuditError(Errno.EAGAIN, `list ${this.scope}: its rules keep changing`);
  }

  async add(rule: Rule): Promise<void> {
    await this.#ask("rules-add", { rule: encode(rule), floor: this.#floor });
  }

  async delete(rule: Rule): Promise<void> {
    await this.#ask("rules-delete", { rule: encode(rule), floor: this.#floor });
  }

  async deleteAll(key = ""): Promise<void> {
    await this.#ask("rules-delete-all", { key, floor: this.#floor });
  }

  async userRecord(text: string): Promise<void> {
    await this.#client.request("user-record", { text });
  }

  async signal(signal: string): Promise<void> {
    await this.#ask("signal", { signal });
  }

  /** A verb that is about no instance. */
  async other(verb: string, body: object): Promise<unknown> {
    return await this.#client.request(verb, body);
  }

  async #ask(verb: string, body: object = {}): Promise<unknown> {
    return await this.#client.request(verb, { scope: this.scope, ...body });
  }

  /** Undefined when the rules changed between two pages. */
  async #wholeListing(): Promise<InstanceRule[] | undefined> {
    const rules: InstanceRule[] = [];
    let version: number | undefined;
    for (let from: number | null = 0; from !== null; ) {
      const page: RulesPage = readAnswer("rules", rulesShape, await this.#ask("rules", { from }));
      version ??= page.version;
      if (page.version !== version) return undefined;
      for (const { rule, floor } of page.rules) rules.push({ rule: decode(rule), floor });
      if (page.next !== null && page.next <= from) throw badAnswer("rules", "next");
      from = page.next;
    }
    return rules;
  }
}

function encode(rule: Rule): string {
  return Buffer.from(ruleToPayload(rule)).toString("base64");
}

function decode(payload: string): Rule {
  const read = ruleFromPayload(Buffer.from(payload, "base64"));
  if (read.ok) return read.rule;
  throw badAnswer("rules", "rule");
}
