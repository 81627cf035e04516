// One row for each scope, from whatever tells of it: `cauditd ps` and `cauditd top`.
import { LOST_REASONS, type LostReason, lostTotal, type ScopeAccount } from "@cauditd/kernel";
import type { InstanceStats, ProcessStats, QueueStats } from "@cauditd/operations";
import Table from "cli-table3";
import { PLAIN_TABLE } from "../terminal/accounting-table.ts";

/** A scope as it is shown; undefined = not known. */
export interface ScopeRow {
  readonly name: string;
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** The process that has its instance; undefined = none. */
  readonly owner?: string | undefined;
  /** Events routed to it, in the life of who counts them. */
  readonly routed?: number | undefined;
  readonly filtered?: number | undefined;
  readonly disabled?: number | undefined;
  readonly lost?: Readonly<Record<LostReason, number>> | undefined;
  readonly backlog?: number | undefined;
  readonly peak?: number | undefined;
  readonly written?: number | undefined;
  /** Bytes written to its log. */
  readonly bytes?: number | undefined;
  /** Events that were routed and are not dealt with. */
  readonly lag?: number | undefined;
  /** Events that are in its log, and not in its tenant's stream yet. */
  readonly unstreamed?: number | undefined;
  /** Events that its tenant's stream does not get. */
  readonly missed?: number | undefined;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
}

/** What the control verb `instances` says of one. */
export interface ListedScope {
  readonly name: string;
  readonly scope: string;
  readonly backlog: number;
  readonly account: ScopeAccount;
}

/** The scopes of a host, from what its processes tell, the host's own first. */
export function rowsOfProcesses(processes: readonly ProcessStats[]): ScopeRow[] {
  const rows = new Map<string, ScopeRow>();
  const all = processes.flatMap(({ queues }) => queues);
  for (const queue of all) rows.set(queue.scope, rowOfQueue(queue));
  for (const { name: owner, instances, role } of processes) {
    for (const instance of instances) {
      const queue = role === "node" ? all.find(({ scope }) => scope === instance.scope) : undefined;
      rows.set(instance.scope, {
        ...rows.get(instance.scope),
        ...rowOfInstance(instance, owner, rows.get(instance.scope)?.lost?.bus),
        ...(queue === undefined ? {} : { lag: lagOf(instance, queue) }),
      });
    }
  }
  return sorted([...rows.values()]);
}

/** The same from what the control service lists: what a principal may see. */
export function rowsOfListing(listed: readonly ListedScope[], owner?: string): ScopeRow[] {
  return sorted(
    listed.map(({ name, scope, backlog, account }) => {
      const { routed, filtered, disabled, lost, written, inFlight } = account;
      const counts = { routed, filtered, disabled, lost, written, lag: inFlight };
      return { name, scope, owner, backlog, ...counts };
    }),
  );
}

/** The rows as a table for people. */
export function scopeRowsTable(
  rows: readonly ScopeRow[],
  rates?: ReadonlyMap<string, number>,
): string {
  const head = [
    ...["scope", "contid", "owner"],
    ...(rates === undefined ? [] : ["events/s"]),
    ...["routed", "filtered", "disabled", ...LOST_REASONS.map((reason) => `lost:${reason}`)],
    ...["backlog", "peak", "lag", "written", "bytes", "stream:lag", "stream:missed"],
  ];
  const left = new Set(["scope", "contid", "owner"]);
  const table = new Table({
    head,
    chars: PLAIN_TABLE,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((name) => (left.has(name) ? "left" : "right")),
  });
  for (const row of rows) {
    const { name, scope, owner, lost } = row;
    const rate = rates === undefined ? [] : [rates.get(scope)];
    const { routed, filtered, disabled, backlog, peak, lag } = row;
    const reasons = LOST_REASONS.map((reason) => lost?.[reason]);
    const counts = [...rate, routed, filtered, disabled, ...reasons, backlog, peak, lag];
    const { written, bytes, unstreamed, missed } = row;
    const log = [written, bytes, unstreamed, missed];
    const cells = [name, scope === "host" ? "-" : scope, owner, ...counts, ...log];
    table.push(cells.map((cell) => cell ?? "-"));
  }
  return `${table.toString()}\n`;
}

/** All losses of a row. */
export function lossesOf({ lost }: ScopeRow): number {
  return lost === undefined ? 0 : lostTotal({ lost } as ScopeAccount);
}

function rowOfQueue({ name, scope, routed, lost, failure }: QueueStats): ScopeRow {
  return {
    name,
    scope,
    routed,
    lost: { rate: 0, backlog: 0, bus: lost, disk: 0 },
    problem: failure,
  };
}

/** @param bus events that the dispatcher has counted as lost; without it, as frames have told */
function rowOfInstance(
  { name, scope, account, backlog, backlogPeak, log, stream, failure }: InstanceStats,
  owner: string,
  bus?: number,
): Partial<ScopeRow> & Pick<ScopeRow, "name" | "scope"> {
  const { filtered, disabled, written, lost } = account;
  return {
    ...{ name, scope, owner, filtered, disabled, backlog, peak: backlogPeak, written },
    lost: { ...lost, bus: bus ?? lost.bus },
    bytes: log.written,
    ...(stream === undefined ? {} : { unstreamed: stream.behind, missed: stream.missed }),
    ...(failure === undefined ? {} : { problem: failure }),
  };
}

function lagOf({ account }: InstanceStats, { held, published }: QueueStats): number {
  return held + published - (account.routed - account.lost.bus) + account.inFlight;
}

function sorted(rows: ScopeRow[]): ScopeRow[] {
  const rank = ({ scope }: ScopeRow): number => (scope === "host" ? 0 : 1);
  return rows.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}
