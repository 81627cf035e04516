// An instance that another process serves, as control sees it.
import { ControlClient, type ControlTransport, type Place } from "@cauditd/bus";
import type { InstanceAnswer } from "@cauditd/kernel";
import { AuditError, Errno } from "@cauditd/libaudit";
import { z } from "zod";
import type { ControlledInstance } from "../control/ports.ts";

/** Characters of a record: as many as the kernel puts into one (MAX_AUDIT_MESSAGE_LENGTH). */
const MAX_RECORD = 8970;
/** The kernel's: a system call returns no larger one. */
const MAX_ERRNO = 4095;
/** Longest time that a request looks for somebody who answers, ms. */
const ASK_MS = 5_000;
/** Longest wait for a frame to be in a log, ms. */
const REACHED_MS = 2_500;

/** A record goes into a line of the source: it cannot end that line and begin another. */
const record = z.object({
  type: z.number().int().min(0).max(0xffff_ffff),
  body: z
    .string()
    .max(MAX_RECORD)
    .regex(/^\P{Cc}*$/u),
});
const answerShape = z.object({
  errno: z.number().int().min(0).max(MAX_ERRNO),
  value: z.number(),
  records: z.array(record),
  refused: z.number().int(),
  unrecorded: z.boolean().optional(),
  switchesOff: z.boolean().optional(),
  result: z.unknown().optional(),
});

/** An instance elsewhere. */
export interface RemoteInstance extends ControlledInstance {
  /** Resolves when the frame of a place is in its log. Errors: ETIMEDOUT, EHOSTDOWN. */
  reached(place: Place): Promise<void>;
  /** The scope has ended: the instance stops, and its log is set aside. Errors: EHOSTDOWN. */
  end(): Promise<void>;
}

/** The instance of a name behind a transport; each request is carried out once. */
export function remoteInstance(name: string, transport: ControlTransport): RemoteInstance {
  const client = new ControlClient(transport, { timeoutMs: ASK_MS });
  const waiting = new ControlClient(transport, { timeoutMs: REACHED_MS });
  return {
    name,
    ask: async ({ verb, ...body }) => {
      const { data, error } = answerShape.safeParse(await client.request(verb, body));
      if (data !== undefined) return data as InstanceAnswer;
      throw new AuditError(Errno.EBADMSG, `${verb}: the instance ${name}`, { cause: error });
    },
    signal: async (signal) => void (await client.request("signal", { signal })),
    reached: async ({ epoch, sequence }) => {
      await waiting.request("reached", { epoch, sequence });
    },
    end: async () => void (await client.request("end")),
  };
}
