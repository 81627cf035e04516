// The shape of what processes tell of themselves: it comes from others, and is looked at first.
import { LOST_REASONS, type LostReason } from "@cauditd/kernel";
import { PROCESS_ROLES, type ProcessStats } from "@cauditd/operations";
import { z } from "zod";
import type { ListedScope } from "../watch/scope-rows.ts";

const count = z.number().finite();
const text = z.string().max(4096);
const reasons = Object.fromEntries(LOST_REASONS.map((reason) => [reason, count]));
const account = z.object({
  ...{ routed: count, own: count, filtered: count, disabled: count, written: count },
  lost: z.object(reasons as Record<LostReason, typeof count>),
  inFlight: count,
});
const stream = z.object({
  ...{ events: count, behind: count, missed: count, failures: count },
  failure: text.optional(),
});
const scope = { name: text, scope: text, failure: text.optional() };

const instance = z.object({
  ...scope,
  account,
  ...{ serial: count, backlog: count, backlogLimit: count, backlogPeak: count },
  ...{ enabled: count, rules: count, refused: count },
  log: z.object({ size: count, written: count, suspended: z.boolean() }),
  stream: stream.optional(),
});

const queue = z.object({ ...scope, routed: count, published: count, lost: count, held: count });

const source = z.object({
  ...{ captured: count, malformed: count, eoe: count, records: count, events: count, open: count },
});

const process = z.object({
  role: z.enum(PROCESS_ROLES),
  ...{ name: text, host: text, pid: count, uptime: count },
  problems: z.array(text),
  instances: z.array(instance),
  leases: count.optional(),
  queues: z.array(queue),
  source: source.optional(),
});

/** What a process tells of itself, if it has that shape. */
export function readProcessStats(said: unknown): ProcessStats | undefined {
  return process.safeParse(said).data as ProcessStats | undefined;
}

const listing = z.object({
  instances: z.array(z.object({ name: text, scope: text, backlog: count, account })),
});

/** What the control verb `instances` answers, if it has that shape. */
export function readListing(said: unknown): readonly ListedScope[] | undefined {
  return listing.safeParse(said).data?.instances;
}
