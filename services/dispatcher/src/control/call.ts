// One request on its way: who asks, what of, and what is recorded of it.
import {
  authorise,
  type Container,
  type ControlRecord,
  type Credentials,
  type InstanceAnswer,
  type Policy,
  type Targets,
  type Verb,
} from "@cauditd/kernel";
import { AuditError, Errno, errnoName, RecordType } from "@cauditd/libaudit";
import type { ControlledInstance, ControlledNode } from "./ports.ts";
import { credentialsOf, homeOf, type Principal } from "./principal.ts";
import { quoted } from "./quoted.ts";
import type { Refusals } from "./refusals.ts";

/** No contid: a scope that is nobody's. */
const NOWHERE = -1n;

/** What a request is about. */
export interface Target {
  /** As the request names it. */
  readonly label: string;
  /** undefined = the host, if `exists`. */
  readonly container: Container | undefined;
  readonly exists: boolean;
}

/** What a request is made of. */
export interface CallOptions {
  readonly node: ControlledNode;
  readonly principal: Principal;
  readonly policy: Policy;
  readonly verb: string;
  readonly refusals: Refusals;
}

/** A request of one principal. */
export class Call {
  readonly node: ControlledNode;
  readonly principal: Principal;
  readonly credentials: Credentials;
  readonly policy: Policy;
  readonly verb: string;
  readonly #refusals: Refusals;
  /** The innermost scopes that were told something. */
  readonly #recorded: Set<Container | undefined> = new Set();

  constructor(options: CallOptions) {
    const { node, principal, policy, verb, refusals } = options;
    this.node = node;
    this.principal = principal;
    this.policy = policy;
    this.verb = verb;
    this.#refusals = refusals;
    this.credentials = credentialsOf(principal, node.registry);
  }

  /** The container that the caller is in. */
  get home(): Container | undefined {
    return homeOf(this.principal, this.node.registry);
  }

  /** The scope of a name: `host`, a contid of a registered container, or a container's name. */
  target(label: string): Target {
    if (label === "host") return { label, container: undefined, exists: true };
    const { registry } = this.node;
    const byContid = /^[0-9]{1,20}$/.test(label) ? registry.find(BigInt(label)) : undefined;
    const container = byContid ?? registry.named(label);
    return { label, container, exists: container !== undefined };
  }

  /**
   * Goes on only with the right to do it; a refusal is recorded where the caller is.
   * @param about what the record says of the request behind `op=`
   * @throws {AuditError} with the errno of the first check that refuses
   */
  authorise<V extends Verb>(verb: V, target: Targets[V], about: string): void {
    const errno = this.check(verb, target);
    if (errno !== 0) throw this.refuse(errno, about);
  }

  /** Asks for the right to do it, and records nothing. */
  check<V extends Verb>(verb: V, target: Targets[V]): Errno | 0 {
    return authorise(this.credentials, verb, target, this.policy);
  }

  /** Records a refusal in the caller's scope and above, and makes its error. */
  refuse(errno: Errno, about: string): AuditError {
    const { pid, uid, auid, ses, subj } = this.principal.subject;
    const label = subj === undefined ? "" : ` subj=${subj}`;
    const who = `pid=${pid} uid=${uid} auid=${auid} ses=${ses}${label}`;
    const why = `principal=${quoted(this.principal.name)} errno=${errnoName(errno) ?? errno}`;
    const body = `${who} op=${this.verb} ${about} ${why} res=0`;
    this.recordRefusal({ type: RecordType.CONFIG_CHANGE, body }, this.home);
    return new AuditError(errno, `${this.verb} ${about}`);
  }

  /** A record for the scopes from `container` upwards. */
  record(record: ControlRecord, container: Container | undefined): void {
    this.node.record(record, container, this.credentials.chain);
    this.#recorded.add(container);
  }

  /** Records that something was refused, unless too much of this principal's was. */
  recordRefusal(record: ControlRecord, container: Container | undefined): void {
    if (this.#refusals.passes(this.principal.name)) this.record(record, container);
  }

  /** Resolves when what was recorded is in the logs: the answer comes behind its record. */
  async recorded(): Promise<void> {
    for (const container of this.#recorded) await this.node.settled(container);
    this.#recorded.clear();
  }

  /** The instance of a scope that the caller has a right over. */
  instance({ container, label }: Target): ControlledInstance {
    const found = this.node.instanceOf(container);
    if (found === undefined) throw new AuditError(Errno.ESRCH, `${label}: no instance runs`);
    return found;
  }

  /** Records what an instance made of a request, and gives the old value. Throws its errno. */
  settle(
    reply: Pick<InstanceAnswer, "errno" | "value" | "records">,
    target: Target,
    about: string,
  ): number {
    for (const record of reply.records) {
      if (reply.errno === 0) this.record(record, target.container);
      else this.recordRefusal(record, target.container);
    }
    if (reply.errno !== 0) throw new AuditError(reply.errno, `${this.verb} ${about}`);
    return reply.value;
  }
}

/** The scope of a right: that of a name which there is not is nobody's. */
export function scopeOf({ container, exists }: Target): {
  readonly scope: bigint | undefined;
  readonly exists: boolean;
} {
  return { scope: exists ? container?.contid : NOWHERE, exists };
}

/** `instance="web"`: what a record says of the scope that was named. */
export function about({ label }: Target): string {
  return `instance=${quoted(label)}`;
}
