// What goes wrong in a round, and when: drawn from a seed.
import { type Draw, draws } from "../../../services/auditd/test/io/fault-disk.ts";

/** What may happen to the processes of a host. */
export const FAULTS = [
  "kill worker",
  "stall worker",
  "kill dispatcher",
  "stall dispatcher",
  "kill server",
  "cut connections",
  "partition",
  "kill consumer",
  "stall consumer",
  "slow consumer",
  "silence",
  "full store",
  "full store, live source",
] as const;

/** One of them. */
export type FaultKind = (typeof FAULTS)[number];

/** A fault of a round. */
export interface Fault {
  readonly kind: FaultKind;
  /** Which worker: 0 or 1. */
  readonly worker: number;
  /** It happens when so much of the host's log is written, 0..1, */
  readonly at: number;
  /** and so many ms later, */
  readonly delay: number;
  /** and is over after so many ms more. */
  readonly lasts: number;
}

/** Lease of the workers, ms. */
export const LEASE_MS = 1000;

/** The faults of a round, in the order in which they happen. */
export function planOf(seed: number): Fault[] {
  const draw = draws(seed);
  const faults = Array.from({ length: 2 + draw(4) }, () => fault(draw));
  return faults.sort((a, b) => a.at - b.at);
}

function fault(draw: Draw): Fault {
  const kind = FAULTS[draw(FAULTS.length)] ?? "kill worker";
  const long = kind === "stall worker" || kind === "slow consumer" || kind === "silence";
  const lasts = long ? LEASE_MS + 300 + draw(1500) : draw(800);
  return { kind, worker: draw(2), at: draw(90) / 100, delay: draw(30), lasts };
}

/** How often each fault happens in rounds; one that does not happen is there, with 0. */
export function countsOf(plans: readonly (readonly Fault[])[]): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(FAULTS.map((kind) => [kind, 0]));
  for (const { kind } of plans.flat()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** A plan as one line, for the report of a round. */
export function textOf(plan: readonly Fault[]): string {
  const worker = ({ kind, worker }: Fault) => (kind.endsWith("worker") ? ` ${"ab"[worker]}` : "");
  return plan
    .map((one) => `${one.kind}${worker(one)} at ${one.at}+${one.delay} for ${one.lasts} ms`)
    .join(", ");
}
