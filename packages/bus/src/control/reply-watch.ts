// Looks where tenants want the answers to their requests to go. A server sends an answer to
// whatever subject the sender of a request names. In the tenant's own account nobody listens there,
// so that it harms nobody; but only who means harm asks for it.
import { inboxPrefix } from "./subject.ts";

/** Told of a reply subject that is not its sender's: which tenant, and of how many in all. */
export type AstrayListener = (astray: {
  readonly tenant: string;
  readonly subject: string;
  readonly reply: string;
  readonly times: number;
}) => void;

/** Tenants that are counted one by one; those beyond share one count. */
const MAX_TENANTS = 1024;
const OTHERS = "others";
/** A tenant is told of at most this often, ms. */
const TELL_MS = 1000;

/** Subjects under which a host sees what its tenants ask, if the server hands it on. */
export function askedSubjects(host: string): string[] {
  const asked = `cauditd.v1.${host}.asked.*`;
  return [`${asked}.cauditd.*.ctl.>`, `${asked}.$JS.API.>`, `${asked}.$JS.ACK.>`];
}

/** Counts the requests whose answers were to go astray. */
export class ReplyWatch {
  readonly #counts: Map<string, number> = new Map();
  readonly #told: Map<string, number> = new Map();
  readonly #onAstray: AstrayListener;
  readonly #now: () => number;

  /** @param now a time in ms that rises */
  constructor(onAstray: AstrayListener, now: () => number = () => performance.now()) {
    this.#onAstray = onAstray;
    this.#now = now;
  }

  /** By tenant. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /**
   * Takes a request.
   * @param subject `cauditd.v1.HOST.asked.TENANT.` and the subject that it was sent to
   * @param reply where the answer was to go; "" for nowhere
   */
  take(subject: string, reply: string): void {
    const [, , , , name = "", ...asked] = subject.split(".");
    if (reply === "" || reply.startsWith(`${inboxPrefix(name)}.`)) return;
    const known = this.#counts.has(name) || this.#counts.size < MAX_TENANTS;
    const tenant = known ? name : OTHERS;
    const times = (this.#counts.get(tenant) ?? 0) + 1;
    this.#counts.set(tenant, times);
    const now = this.#now();
    if (now - (this.#told.get(tenant) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return;
    this.#told.set(tenant, now);
    this.#onAstray({ tenant, subject: asked.join("."), reply, times });
  }
}
