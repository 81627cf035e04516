/** Why an event that was routed to a scope is not in its log. */
export const LOST_REASONS = ["rate", "backlog", "bus", "disk"] as const;
/**
 * - `rate`: above the instance's rate_limit;
 * - `backlog`: the instance's backlog was full;
 * - `bus`: the scope's queue on the bus was full;
 * - `disk`: the log could not be written.
 */
export type LostReason = (typeof LOST_REASONS)[number];

/** What became of the events of one scope. All are counts of events. */
export interface ScopeAccount {
  /** Handed to the scope by the router. */
  routed: number;
  /** Made by the instance itself: markers of losses, records of control requests. */
  own: number;
  /** Not recorded because its rules say so. */
  filtered: number;
  /** Not recorded because its auditing is off. */
  disabled: number;
  readonly lost: Record<LostReason, number>;
  /** In the log. */
  written: number;
  /** On the way: in a frame, on the bus, or being written. */
  inFlight: number;
}

/** What became of the input. */
export interface HostAccount {
  /** Lines, and parts of lines, that came in; empty lines are not counted. */
  captured: number;
  /** Of these, no records. */
  malformed: number;
  /** Of these, end-of-event records. */
  eoe: number;
  /** Of these, records that were put into events. */
  records: number;
  /** Events assembled. */
  events: number;
  /** Events that wait for their end. */
  open: number;
  /** Events by direct attribution: the container's name, or `host`. */
  readonly direct: Map<string, number>;
}

/** An account with nothing in it. */
export function newScopeAccount(): ScopeAccount {
  const lost = { rate: 0, backlog: 0, bus: 0, disk: 0 };
  return { routed: 0, own: 0, filtered: 0, disabled: 0, lost, written: 0, inFlight: 0 };
}

/** All events that were lost, for whatever reason. */
export function lostTotal(account: ScopeAccount): number {
  const { rate, backlog, bus, disk } = account.lost;
  return rate + backlog + bus + disk;
}

/**
 * The accounting law of one scope: every event that was routed to it or made by its instance is
 * in exactly one of the other columns.
 * @returns what does not add up, or undefined
 */
export function scopeProblem(name: string, account: ScopeAccount): string | undefined {
  const { routed, own, filtered, disabled, written, inFlight } = account;
  const sum = filtered + disabled + lostTotal(account) + written + inFlight;
  if (sum === routed + own) return undefined;
  const made = own === 0 ? "" : ` and ${own} made`;
  return `${name}: ${routed} events routed${made}, but ${sum} accounted for`;
}

/**
 * The accounting law of the host: captured = malformed + eoe + records, and every event has
 * exactly one direct attribution.
 * @returns what does not add up, or undefined
 */
export function hostProblem(account: HostAccount): string | undefined {
  const { captured, malformed, eoe, records, events, open, direct } = account;
  const sum = malformed + eoe + records;
  if (sum !== captured) return `${captured} lines captured, but ${sum} accounted for`;
  let attributed = 0;
  for (const count of direct.values()) attributed += count;
  if (attributed !== events) return `${events} events assembled, but ${attributed} attributed`;
  return open < 0 ? `${open} events are open` : undefined;
}
