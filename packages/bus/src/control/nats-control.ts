// Control over NATS, by the conventions of its micro services (ADR-32): stock tools ping it, list
// its verbs and read its counts; errors are in the headers Nats-Service-Error(-Code).
import { AuditError, Errno } from "@cauditd/libaudit";
import {
  type Endpoint,
  ErrorCode,
  headers,
  type Msg,
  NatsError,
  ServiceErrorCodeHeader,
  ServiceErrorHeader,
} from "nats";
import { settledWithin } from "../nats/frame-stream.ts";
import { dial } from "../nats/nats-connection.ts";
import { callError } from "../nats/nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "../nats/nats-options.ts";
import type { ControlTransport } from "./client.ts";
import { encodeAnswer } from "./codec.ts";
import type { ControlDesk } from "./desk.ts";
import { type AstrayListener, askedSubjects, ReplyWatch } from "./reply-watch.ts";
import { controlSubject, inboxPrefix, isInbox, parseControlSubject } from "./subject.ts";

/** The name of the service, as `nats micro ls` shows it. */
export const CONTROL_SERVICE = "cauditd-control";

/** Longest time in ms that a host waits to be no service any more. */
const STOP_MS = 1000;

/** Where a host answers. */
export interface NatsControlOptions extends NatsConnectionOptions {
  /** Name of the cauditd host: a CONTROL_WORD. */
  readonly host: string;
  /** Version of the service, semver. */
  readonly version: string;
  /** Told of tenants that want answers sent to where others listen, where the server shows it. */
  readonly onAstray?: AstrayListener;
}

/** A host's control service on a NATS server. */
export interface NatsControl {
  /** Requests without an answer, because their reply subject was no inbox of their sender. */
  readonly unanswered: number;
  /** Requests whose answers were to go to where others listen, by tenant. */
  readonly astray: ReadonlyMap<string, number>;
  /** Stops answering and closes the connection. */
  close(): Promise<void>;
}

/**
 * Answers the requests of every principal of a host. Errors: EINVAL (an option), those of a
 * connection: ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, EACCES.
 */
export async function serveNatsControl(
  options: NatsControlOptions,
  desk: ControlDesk,
): Promise<NatsControl> {
  const subjects = desk.verbs.map((verb) => {
    return { verb, subject: controlSubject({ host: options.host, principal: "*", verb }) };
  });
  const settings = await natsConnectionSettings({ name: CONTROL_SERVICE, ...options });
  const connection = await dial(settings);
  const watch = new ReplyWatch(options.onAstray ?? (() => undefined));
  let unanswered = 0;
  const answer = async (msg: Msg): Promise<void> => {
    const address = parseControlSubject(msg.subject);
    if (address === undefined || !isInbox(msg.reply ?? "", address.principal)) {
      unanswered++;
      return;
    }
    const answer = await desk.answer(address, msg.data);
    const lines = headers();
    if ("error" in answer) {
      lines.set(ServiceErrorCodeHeader, String(answer.errno));
      lines.set(ServiceErrorHeader, answer.error.replace(/[^\x20-\x7e]/g, "?"));
    }
    if (!connection.isClosed()) msg.respond(encodeAnswer(answer), { headers: lines });
  };
  try {
    const service = await connection.services.add({
      name: CONTROL_SERVICE,
      version: options.version,
      description: `control of the cauditd host ${options.host}`,
      metadata: { host: options.host },
      statsHandler: async ({ subject }: Endpoint) => ({
        answers: desk.counts(subject.slice(subject.lastIndexOf(".") + 1)),
        astray: Object.fromEntries(watch.counts),
      }),
    });
    for (const { verb, subject } of subjects) {
      service.addEndpoint(verb, {
        subject,
        // A callback, not an iterator: the client's iterators hold any number of messages.
        handler: (error, msg) => {
          if (error === null) void answer(msg as unknown as Msg);
        },
      });
    }
    for (const subject of askedSubjects(options.host)) {
      connection.subscribe(subject, {
        callback: (error, msg) => {
          if (error === null) watch.take(msg.subject, msg.reply ?? "");
        },
      });
    }
    await connection.flush();
    return {
      get unanswered() {
        return unanswered;
      },
      astray: watch.counts,
      close: async () => {
        // It waits for the server, which may be away.
        await settledWithin(service.stop(), STOP_MS);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw callError(`serve ${CONTROL_SERVICE}`, settings.url, error);
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
