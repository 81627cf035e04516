// Requests of a host's dispatcher to the process that serves an instance, wherever that is now.
import { AuditError, Errno } from "@cauditd/libaudit";
import { ErrorCode, headers, NatsError } from "nats";
import { pause } from "../nats/frame-stream.ts";
import { dial } from "../nats/nats-connection.ts";
import { callError } from "../nats/nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "../nats/nats-options.ts";
import type { ControlTransport } from "./client.ts";
import { encodeAnswer } from "./codec.ts";
import type { ControlDesk } from "./desk.ts";

const VERB = "Cauditd-Verb";
/** The principal that asks: nobody else may publish on these subjects. */
export const DISPATCHER = "dispatcher";
/** Longest time of one attempt, ms: a process that has gone does not answer. */
const ATTEMPT_MS = 1_500;
/** Pause before the next attempt when nobody serves the instance, ms. */
const RETRY_MS = 100;

/** Where the instances of a host are asked. */
export interface NatsInstancesOptions extends NatsConnectionOptions {
  /** Name of the cauditd host. */
  readonly host: string;
}

/** Subject of an instance's requests; `*` for all instances. */
export function instanceSubject(host: string, scope: string): string {
  return `cauditd.v1.${host}.instance.${scope}`;
}

/** Asks instances, by scope. */
export interface InstanceRequests {
  /**
   * The way to one instance. A request that is not answered is sent again with the same bytes, so
   * that it is carried out once, until its time is over: EHOSTDOWN then.
   */
  of(scope: string): ControlTransport;
  close(): Promise<void>;
}

/** Opens the dispatcher's way to the instances. Errors as connectNatsBus. */
export async function openInstanceRequests(
  options: NatsInstancesOptions,
): Promise<InstanceRequests> {
  const settings = await natsConnectionSettings(options);
  const connection = await dial(settings);
  const send = async (scope: string, verb: string, bytes: Uint8Array, ms: number) => {
    const subject = instanceSubject(options.host, scope);
    const lines = headers();
    lines.set(VERB, verb);
    const deadline = performance.now() + ms;
    for (let left = ms; left > 0; left = deadline - performance.now()) {
      try {
        const timeout = Math.max(1, Math.min(ATTEMPT_MS, left));
        return (await connection.request(subject, bytes, { timeout, headers: lines })).data;
      } catch (error) {
        if (!isSilence(error)) throw callError(`ask ${subject}`, settings.url, error);
      }
      await pause(RETRY_MS);
    }
    throw new AuditError(Errno.EHOSTDOWN, `instance ${scope}: no process answers for it`);
  };
  return {
    of: (scope) => ({
      send: (verb, bytes, ms) => send(scope, verb, bytes, ms),
      close: async () => undefined,
    }),
    close: () => connection.close(),
  };
}

/** Answers for the instances of one process. */
export interface InstanceAnswers {
  /** Answers for a scope from now on; the result ends that. */
  serve(scope: string, desk: ControlDesk): () => void;
  close(): Promise<void>;
}

/** Opens a worker's side. Errors as connectNatsBus. */
export async function openInstanceAnswers(options: NatsInstancesOptions): Promise<InstanceAnswers> {
  const connection = await dial(await natsConnectionSettings(options));
  return {
    serve: (scope, desk) => {
      const subscription = connection.subscribe(instanceSubject(options.host, scope), {
        callback: (error, msg) => {
          // Whoever sends a request chooses where the answer goes: to an inbox, nowhere else.
          if (error !== null || !/^_INBOX[._]/.test(msg.reply ?? "")) return;
          const verb = msg.headers?.get(VERB) ?? "";
          void desk.answer({ principal: DISPATCHER, verb }, msg.data).then((answer) => {
            if (!connection.isClosed()) msg.respond(encodeAnswer(answer));
          });
        },
      });
      return () => {
        if (!connection.isClosed()) subscription.unsubscribe();
      };
    },
    close: () => connection.close(),
  };
}

/** Nobody serves the instance just now, or does not answer. */
function isSilence(error: unknown): boolean {
  if (!(error instanceof NatsError)) return false;
  const { code } = error;
  const silent: readonly string[] = [
    ErrorCode.NoResponders,
    ErrorCode.Timeout,
    ErrorCode.Disconnect,
    ErrorCode.ConnectionClosed,
  ];
  return silent.includes(code);
}
