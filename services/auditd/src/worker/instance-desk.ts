// Answers what the dispatcher asks of an instance that this process serves.
import { type ControlCall, ControlDesk } from "@cauditd/bus";
import {
  carryOut,
  type InstanceAnswer,
  type InstanceRequest,
  type InstanceState,
  restoreState,
  stateOf,
} from "@cauditd/kernel";
import { type AuditdSignal, AuditError, Errno } from "@cauditd/libaudit";
import type { AuditdInstance } from "../auditd-instance.ts";
import type { AuditdLog } from "../auditd-instance-options.ts";
import { type ProcessRequest, REMOTE_VERBS, requestOf } from "./instance-bodies.ts";
import type { KeptAnswer } from "./kept-state.ts";

/** Longest wait for a frame to be in the log, ms. */
const REACHED_MS = 2000;

/** What answers are made of. */
export interface InstanceDeskOptions {
  readonly served: AuditdInstance;
  /** Keeps what the instance is set to; a change is answered with success only behind it. */
  readonly keep: (state: InstanceState, answer: KeptAnswer) => Promise<void>;
  /** Keeps only what a request was answered: what the instance is set to stays as it is kept. */
  readonly note: (answer: KeptAnswer) => Promise<void>;
  /** What a request was answered that an earlier owner has carried out. */
  readonly answered: (id: string) => KeptAnswer | undefined;
  /** What a signal to its daemon does. Errors: EOPNOTSUPP, and what the instance says. */
  readonly signal: (signal: AuditdSignal) => Promise<void>;
  /** The scope has ended. */
  readonly end: () => Promise<void>;
  readonly told: AuditdLog;
}

/** A desk for the one caller that there is, the dispatcher. */
export function instanceDesk(options: InstanceDeskOptions): ControlDesk {
  return new ControlDesk({
    now: Date.now,
    isPrincipal: () => true,
    verbs: REMOTE_VERBS,
    handler: (call) => answer(options, requestOf(call.verb, call.body), call),
    onError: (err, { verb }) => {
      options.told.error({ err, verb, instance: options.served.name }, "control failed");
    },
  });
}

async function answer(
  options: InstanceDeskOptions,
  request: InstanceRequest | ProcessRequest,
  call: ControlCall,
): Promise<InstanceAnswer | null> {
  switch (request.verb) {
    case "signal":
      await signal(options, request.signal, call);
      return null;
    case "reached":
      await reached(options.served, request.sequence, request.epoch);
      return null;
    case "end":
      await options.end();
      return null;
    default:
      return await change(options, request, call);
  }
}

/** What came of a signal: nothing that anybody reads. */
const SIGNALLED: InstanceAnswer = { errno: 0, value: 0, records: [], refused: -1 };

/**
 * A signal that an earlier owner has carried out is not carried out again. It is noted behind that,
 * as one that was noted and not carried out would be lost: an owner that ends between the two
 * leaves it to be carried out twice.
 */
async function signal(
  { signal: carry, note, answered, told, served }: InstanceDeskOptions,
  what: AuditdSignal,
  { id, digest }: ControlCall,
): Promise<void> {
  if (earlierAnswer(answered, id, digest) !== undefined) return;
  await carry(what);
  try {
    await note({ id, digest, answer: SIGNALLED });
  } catch (err) {
    if (err instanceof AuditError && err.errno === Errno.ESTALE) throw err;
    told.warn({ err, instance: served.name }, "a signal that was carried out is not noted");
  }
}

function earlierAnswer(
  answered: InstanceDeskOptions["answered"],
  id: string,
  digest: string,
): InstanceAnswer | undefined {
  const earlier = answered(id);
  if (earlier === undefined || earlier.digest === digest) return earlier?.answer;
  throw new AuditError(Errno.EINVAL, `id ${id}: used before`);
}

/**
 * What cannot be kept has not been done; what an earlier owner has done and not answered is not
 * done again, but answered.
 */
async function change(
  { served, keep, answered }: InstanceDeskOptions,
  request: InstanceRequest,
  { id, digest }: ControlCall,
): Promise<InstanceAnswer> {
  const { instance } = served;
  if (REMOTE_VERBS.get(request.verb)?.reads === true) return carryOut(instance, request);
  const earlier = earlierAnswer(answered, id, digest);
  if (earlier !== undefined) return earlier;
  const before = stateOf(instance);
  const made = carryOut(instance, request);
  const after = stateOf(instance);
  const isSame = JSON.stringify(after) === JSON.stringify(before);
  // A counter that was reset is no part of the state, but its old value is told once.
  if (isSame && request.verb !== "counter-reset") return made;
  try {
    await keep(after, { id, digest, answer: made });
  } catch (error) {
    restoreState(instance, before);
    throw error;
  }
  return made;
}

async function reached(served: AuditdInstance, sequence: number, epoch: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new AuditError(Errno.ETIMEDOUT, `frame ${sequence} of ${served.name}`);
    timer = setTimeout(() => reject(error), REACHED_MS);
  });
  await Promise.race([served.reached(sequence, epoch), late]).finally(() => clearTimeout(timer));
}
