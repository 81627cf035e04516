// Answers control requests: who may do what is the kernel's table, what it does the instance's.
import { authorise, type Container, type Policy } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { BODIES, type Body, type ControlVerb } from "./bodies.ts";
import { Call } from "./call.ts";
import {
  capcontidSet,
  contidOf,
  end,
  instances,
  type Owners,
  register,
} from "./container-verbs.ts";
import {
  features,
  featuresSet,
  reset,
  ruleChange,
  rules,
  rulesDeleteAll,
  rulesReplace,
  signal,
  status,
  statusSet,
} from "./instance-verbs.ts";
import type { ControlledNode } from "./ports.ts";
import { homeOf, type Principal } from "./principal.ts";
import { type Later, laterByTimer, Refusals } from "./refusals.ts";
import { userRecord } from "./user-record.ts";

/** What control is made of. */
export interface ControlOptions {
  readonly node: ControlledNode;
  readonly principals: readonly Principal[];
  readonly policy: Policy;
  /** Containers that were registered before, and the names of who did. */
  readonly owners?: ReadonlyMap<Container, string>;
  /** Time in ms since 1970. */
  readonly now: () => number;
  /** How what is due later is called; default: a timer. */
  readonly later?: Later;
}

type Verbs = { readonly [V in ControlVerb]: (call: Call, body: Body<V>) => unknown };

/** Most problems of a body that are named. */
const MAX_PROBLEMS = 5;

/** Carries out the requests of principals. */
export class Control {
  readonly #node: ControlledNode;
  readonly #principals: ReadonlyMap<string, Principal>;
  readonly #policy: Policy;
  readonly #owners: Owners = new Map();
  readonly #verbs: Verbs;
  readonly #refusals: Refusals;

  constructor(options: ControlOptions) {
    const { node, principals, policy, now, later = laterByTimer } = options;
    this.#node = node;
    this.#principals = new Map(principals.map((principal) => [principal.name, principal]));
    this.#policy = policy;
    for (const [container, name] of options.owners ?? []) {
      const owner = this.#principals.get(name);
      if (owner !== undefined) this.#owners.set(container, owner);
    }
    this.#refusals = new Refusals({
      now,
      later,
      mark: (name, marker) => {
        const principal = this.#principals.get(name);
        const home = principal && homeOf(principal, node.registry);
        node.record(marker, home, home?.chain ?? []);
      },
    });
    this.#verbs = {
      instances: (call) => instances(call, (scope) => this.#mayRead(call, scope)),
      status,
      "status-set": statusSet,
      "lost-reset": (call, body) => reset(call, body, "lost"),
      "wait-time-reset": (call, body) => reset(call, body, "wait-time"),
      features,
      "features-set": featuresSet,
      rules,
      "rules-add": (call, body) => ruleChange(call, body, "add"),
      "rules-delete": (call, body) => ruleChange(call, body, "delete"),
      "rules-delete-all": rulesDeleteAll,
      "rules-replace": rulesReplace,
      "user-record": userRecord,
      signal,
      register: (call, body) => register(call, body, this.#owners),
      end: (call, body) => end(call, body, this.#owners),
      contid: contidOf,
      "capcontid-set": (call, body) => capcontidSet(call, body, this.#principals),
    };
  }

  /** Whether there is a principal of this name. */
  isPrincipal(name: string): boolean {
    return this.#principals.has(name);
  }

  /**
   * Carries one request out.
   * @throws {AuditError} EINVAL (verb, body), EPERM (principal), else what the verb says
   */
  async handle(principal: string, verb: string, body: unknown): Promise<unknown> {
    const caller = this.#principals.get(principal);
    if (caller === undefined) throw new AuditError(Errno.EPERM, `${principal}: no such principal`);
    if (!isVerb(verb)) throw new AuditError(Errno.EINVAL, `${verb}: no such verb`);
    const call = new Call({
      node: this.#node,
      principal: caller,
      policy: this.#policy,
      verb,
      refusals: this.#refusals,
    });
    return await this.#run(verb, call, body);
  }

  async #run<V extends ControlVerb>(verb: V, call: Call, body: unknown): Promise<unknown> {
    const { data, error } = BODIES[verb].safeParse(body);
    if (data !== undefined) {
      try {
        return await this.#verbs[verb](call, data);
      } finally {
        await call.recorded();
      }
    }
    const problems = (error?.issues ?? []).slice(0, MAX_PROBLEMS).map(({ path, message }) => {
      return path.length === 0 ? message : `${path.join(".")}: ${message}`;
    });
    throw new AuditError(Errno.EINVAL, `${verb}: ${problems.join("; ")}`);
  }

  /** Nobody asks any more: refusals that were only counted are told. */
  end(): void {
    this.#refusals.end();
  }

  #mayRead(call: Call, scope: bigint | undefined): boolean {
    return authorise(call.credentials, "status-read", { scope }, this.#policy) === 0;
  }
}

function isVerb(verb: string): verb is ControlVerb {
  return Object.hasOwn(BODIES, verb);
}
