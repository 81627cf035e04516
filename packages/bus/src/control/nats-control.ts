// Control over NATS, by the conventions of its micro services (ADR-32): stock tools ping it, list
// its verbs and read its counts; errors are in the headers Nats-Service-Error(-Code).
import { AuditError, Errno } from "@cauditd/libaudit";
import {
  type Endpoint,
  ErrorCode,
  Events,
  headers,
  type Msg,
  type NatsConnection,
  NatsError,
  ServiceErrorCodeHeader,
  ServiceErrorHeader,
} from "nats";
import { settledWithin } from "../nats/frame-stream.ts";
import { dial } from "../nats/nats-connection.ts";
import { callError } from "../nats/nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "../nats/nats-options.ts";
import type { ControlTransport } from "./client.ts";
import { encodeAnswer, failure } from "./codec.ts";
import type { ControlDesk } from "./desk.ts";
import { type AstrayListener, askedSubjects, ReplyWatch } from "./reply-watch.ts";
import { type FloodListener, RequestBudget } from "./request-budget.ts";
import { controlSubject, inboxPrefix, isInbox, parseControlSubject } from "./subject.ts";

/** The name of the service, as `nats micro ls` shows it. */
export const CONTROL_SERVICE = "cauditd-control";

/** Longest time in ms that a host waits to be no service any more. */
const STOP_MS = 1000;

/**
 * Most connections that requests come by. A server cuts off a connection that more comes by than it
 * can hand on (`max_pending`): then only those principals wait whose connection it is.
 */
const MAX_LANES = 32;
/** The connection by which a host sees what its tenants ask: no principal is called so. */
const ASKED = "$asked";
/** The connection by which those are refused that are no principals: they share one budget. */
const OTHERS = "$others";

/** Where a host answers. */
export interface NatsControlOptions extends NatsConnectionOptions {
  /** Who may ask; the desk is to refuse others. */
  readonly principals: readonly string[];
  /** Name of the cauditd host: a CONTROL_WORD. */
  readonly host: string;
  /** Version of the service, semver. */
  readonly version: string;
  /** Told of tenants that want answers sent to where others listen, where the server shows it. */
  readonly onAstray?: AstrayListener;
  /** Told of principals that ask for more than is read. */
  readonly onFlood?: FloodListener;
  /** Told of a connection that has ended, by its name; it comes back by itself. */
  readonly onCut?: (connection: string) => void;
}

/** A host's control service on a NATS server. */
export interface NatsControl {
  /** Requests without an answer, because their reply subject was no inbox of their sender. */
  readonly unanswered: number;
  /** Requests whose answers were to go to where others listen, by tenant. */
  readonly astray: ReadonlyMap<string, number>;
  /** Requests that were not read, as their principal asked for more than its budget. */
  readonly flooded: ReadonlyMap<string, number>;
  /**
   * How often connections have ended, as at a server's restart, or when one gets more than it can
   * take: by the principals that they are for, `$others` or `$asked`.
   */
  readonly cuts: ReadonlyMap<string, number>;
  /** Stops answering and closes the connections. */
  close(): Promise<void>;
}

/**
 * Answers the requests of a host's principals, of each by a connection of its own while they are
 * not more than 32, so that one who floods cuts nobody else off. Errors: EINVAL (an option), those
 * of a connection: ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, EACCES.
 */
export async function serveNatsControl(
  options: NatsControlOptions,
  desk: ControlDesk,
): Promise<NatsControl> {
  const lanes = lanesOf(options, desk.verbs);
  const settings = await natsConnectionSettings({ name: CONTROL_SERVICE, ...options });
  const opened: Opened[] = [];
  const cuts = new Map<string, number>();
  const open = async (name: string): Promise<Opened> => {
    const one: Opened = { connection: await dial(settings) };
    opened.push(one);
    void followed(one.connection, () => {
      cuts.set(name, (cuts.get(name) ?? 0) + 1);
      options.onCut?.(name);
    });
    return one;
  };
  try {
    const watch = new ReplyWatch(options.onAstray ?? (() => undefined));
    watchReplies((await open(ASKED)).connection, watch, options.host);
    const budget = new RequestBudget(options.onFlood ?? (() => undefined));
    const office = new Office({ desk, watch, budget, principals: options.principals });
    office.openToOthers((await open(OTHERS)).connection, options.host);
    for (const { principals, asked } of lanes) {
      const one = await open(principals.join());
      one.stop = await office.open(one.connection, asked, options);
    }
    for (const { connection } of opened) await connection.flush();
    return {
      get unanswered() {
        return office.unanswered;
      },
      astray: watch.counts,
      flooded: budget.counts,
      cuts,
      close: () => closeAll(opened),
    };
  } catch (error) {
    await closeAll(opened);
    throw callError(`serve ${CONTROL_SERVICE}`, settings.url, error);
  }
}

interface Opened {
  readonly connection: NatsConnection;
  stop?: () => Promise<unknown>;
}

async function closeAll(opened: readonly Opened[]): Promise<void> {
  const close = async ({ connection, stop }: Opened): Promise<void> => {
    // It waits for the server, which may be away.
    if (stop !== undefined) await settledWithin(stop(), STOP_MS);
    await connection.close();
  };
  await Promise.all(opened.map(close));
}

/** Tells of each end of a connection until it is closed. */
async function followed(connection: NatsConnection, told: () => void): Promise<void> {
  for await (const { type } of connection.status()) if (type === Events.Disconnect) told();
}

/** What a principal can ask. */
interface Asked {
  readonly verb: string;
  readonly subject: string;
}

/** What comes by one connection. */
interface Lane {
  readonly principals: string[];
  readonly asked: Asked[];
}

/** The subjects of all principals, shared out over connections. Errors: EINVAL, a name. */
function lanesOf({ host, principals }: NatsControlOptions, verbs: readonly string[]): Lane[] {
  const count = Math.min(principals.length, MAX_LANES);
  const lanes = Array.from({ length: count }, (): Lane => ({ principals: [], asked: [] }));
  for (const [index, principal] of principals.entries()) {
    const lane = lanes[index % count];
    lane?.principals.push(principal);
    for (const verb of verbs) {
      lane?.asked.push({ verb, subject: controlSubject({ host, principal, verb }) });
    }
  }
  return lanes;
}

function watchReplies(connection: NatsConnection, watch: ReplyWatch, host: string): void {
  for (const subject of askedSubjects(host)) {
    connection.subscribe(subject, {
      callback: (error, msg) => {
        if (error === null) watch.take(msg.subject, msg.reply ?? "");
      },
    });
  }
}

const OVER_BUDGET = failure(
  new AuditError(Errno.EAGAIN, "control: more than a principal may ask, try again"),
);

/** Answers what comes by any connection. */
class Office {
  readonly #desk: ControlDesk;
  readonly #watch: ReplyWatch;
  readonly #budget: RequestBudget;
  readonly #principals: ReadonlySet<string>;
  unanswered = 0;

  constructor(parts: {
    readonly desk: ControlDesk;
    readonly watch: ReplyWatch;
    readonly budget: RequestBudget;
    readonly principals: readonly string[];
  }) {
    this.#desk = parts.desk;
    this.#watch = parts.watch;
    this.#budget = parts.budget;
    this.#principals = new Set(parts.principals);
  }

  /** Answers those who are no principals; what principals ask comes by here, too. */
  openToOthers(connection: NatsConnection, host: string): void {
    for (const verb of this.#desk.verbs) {
      connection.subscribe(controlSubject({ host, principal: "*", verb }), {
        callback: (error, msg) => {
          const { principal } = parseControlSubject(msg.subject) ?? {};
          if (error !== null || this.#principals.has(principal ?? "")) return;
          void this.#answer(connection, msg);
        },
      });
    }
  }

  /** Begins to answer on a connection, which is an instance of the service. @returns how it ends */
  async open(
    connection: NatsConnection,
    asked: readonly Asked[],
    { host, version }: NatsControlOptions,
  ): Promise<() => Promise<unknown>> {
    const service = await connection.services.add({
      name: CONTROL_SERVICE,
      version,
      description: `control of the cauditd host ${host}`,
      metadata: { host },
      // Of the whole host: the same from each connection.
      statsHandler: async ({ subject }: Endpoint) => ({
        answers: this.#desk.counts(subject.slice(subject.lastIndexOf(".") + 1)),
        astray: Object.fromEntries(this.#watch.counts),
      }),
    });
    for (const { verb, subject } of asked) {
      service.addEndpoint(verb, {
        subject,
        // A callback, not an iterator: the client's iterators hold any number of messages.
        handler: (error, msg) => {
          if (error === null) void this.#answer(connection, msg as unknown as Msg);
        },
      });
    }
    return () => service.stop();
  }

  async #answer(connection: NatsConnection, msg: Msg): Promise<void> {
    const address = parseControlSubject(msg.subject);
    if (address === undefined || !isInbox(msg.reply ?? "", address.principal)) {
      this.unanswered++;
      return;
    }
    const { principal } = address;
    const payer = this.#principals.has(principal) ? principal : OTHERS;
    const verdict = this.#budget.take(payer, msg.data.length);
    if (verdict === "drop") return;
    const answer = verdict === "read" ? await this.#desk.answer(address, msg.data) : OVER_BUDGET;
    const lines = headers();
    if ("error" in answer) {
      lines.set(ServiceErrorCodeHeader, String(answer.errno));
      lines.set(ServiceErrorHeader, answer.error.replace(/[^\x20-\x7e]/g, "?"));
    }
    if (!connection.isClosed()) msg.respond(encodeAnswer(answer), { headers: lines });
  }
}

/** How a principal reaches a host. */
export interface NatsTransportOptions extends NatsConnectionOptions {
  readonly host: string;
  /** The principal that the server's permissions let this connection publish as. */
  readonly principal: string;
}

/** A transport over NATS. Errors as serveNatsControl. */
export async function natsTransport(options: NatsTransportOptions): Promise<ControlTransport> {
  const { host, principal } = options;
  controlSubject({ host, principal, verb: "*" });
  const settings = await natsConnectionSettings({
    name: "cauditctl",
    inboxPrefix: inboxPrefix(principal),
    ...options,
  });
  const connection = await dial(settings);
  return {
    send: async (verb, bytes, timeout) => {
      const subject = controlSubject({ host, principal, verb });
      try {
        return (await connection.request(subject, bytes, { timeout })).data;
      } catch (error) {
        throw sendError(subject, settings.url, error);
      }
    },
    close: () => connection.close(),
  };
}

function sendError(subject: string, url: string, cause: unknown): Error {
  const fail = (errno: Errno, text: string): AuditError => {
    return new AuditError(errno, `${subject}: ${text}`, { cause });
  };
  switch (cause instanceof NatsError ? cause.code : undefined) {
    case ErrorCode.NoResponders:
      return fail(Errno.EHOSTUNREACH, "no cauditd host answers there");
    case ErrorCode.Timeout:
      return fail(Errno.ETIMEDOUT, "no answer in time");
    case ErrorCode.PermissionsViolation:
      return fail(Errno.EACCES, "the NATS server does not permit this");
    default:
      return callError(`request ${subject}`, url, cause);
  }
}
