// What a load run has found, and whether it adds up.
import type { LatencySummary, ScopeCounts } from "./scope-ledger.ts";

/** What the instance of a scope has counted during the run. */
export interface CountedElsewhere {
  /** Not recorded because its rules say so, or because its auditing is off. */
  readonly filtered: number;
  /** Lost for any reason. */
  readonly lost: number;
}

/** One scope of a report. */
export interface ScopeResult extends ScopeCounts {
  /** Undefined when nobody could be asked, or when the instance has begun a new life. */
  readonly counted?: CountedElsewhere;
}

/** A load run. */
export interface LoadReport {
  /** Events of the emulated host, with those that end its tasks. */
  readonly events: number;
  /** Time of sending. */
  readonly seconds: number;
  /** Events a second in that time. */
  readonly rate: number;
  /** Events that were due and not sent: the node did not take them in time. */
  readonly behind: number;
  /** Over all scopes. */
  readonly latency?: LatencySummary;
  readonly scopes: readonly ScopeResult[];
  /** What does not add up; empty = every event is accounted for. */
  readonly problems: readonly string[];
}

/**
 * The law of one scope: sent = seen + lost + filtered. Lost is what serials tell, or the instance
 * where it has counted more: behind the last event that has arrived no serial is missing yet.
 * @returns what does not add up
 */
export function scopeProblems(scope: ScopeResult): string[] {
  const { name, sent, seen, repeated } = scope;
  const problems: string[] = [];
  const [lost, filtered] = [lostOf(scope), scope.counted?.filtered ?? 0];
  if (sent !== seen + lost + filtered) {
    problems.push(
      `${name}: ${sent} events sent, but ${seen} seen, ${lost} lost and ${filtered} filtered`,
    );
  }
  if (repeated > 0) problems.push(`${name}: ${repeated} events came more than once`);
  return problems;
}

/** Events that are known to be lost. */
export function lostOf({ missing, counted }: ScopeResult): number {
  return Math.max(missing, counted?.lost ?? 0);
}
