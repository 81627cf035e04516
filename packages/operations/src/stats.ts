// What a process tells of itself: the same for its metrics, for NATS micro services and for `ps`.
import type { ConsumerLag } from "@cauditd/bus";
import type { HostAccount, ScopeAccount } from "@cauditd/kernel";

/** One instance, as its owner counts it. All counts are of this life of the process. */
export interface InstanceStats {
  readonly name: string;
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** What became of the events that reached it; `routed` is what reached it. */
  readonly account: Readonly<ScopeAccount>;
  readonly serial: number;
  /** Events in its queue; the bound of it, 0 = none; the most that there have been. */
  readonly backlog: number;
  readonly backlogLimit: number;
  readonly backlogPeak: number;
  readonly enabled: number;
  readonly rules: number;
  /** Frames that were refused: no frames, or another scope's. */
  readonly refused: number;
  readonly log: LogStats;
  /** Its tenant's stream; undefined where there is none. */
  readonly stream?: TenantStreamStats;
  /** Why it works no more; undefined = it does. */
  readonly failure?: string;
}

/** An instance's log. */
export interface LogStats {
  /** Bytes of the current file. */
  readonly size: number;
  /** Bytes written in this life, to whichever file. */
  readonly written: number;
  /** Nothing is written: for want of space, after an error, or because it was asked for. */
  readonly suspended: boolean;
}

/** What an instance has put into its tenant's stream. */
export interface TenantStreamStats {
  /** Events that the stream has; of this life. */
  readonly events: number;
  /** Serials that are in the log, and not in the stream yet. */
  readonly behind: number;
  /** Events that were given up: too long for a batch, or not in the log any more. */
  readonly missed: number;
  /** Attempts to publish that have failed. */
  readonly failures: number;
  /** Why nothing is stored now; undefined = it is. */
  readonly failure?: string;
  /** How far its readers are behind; undefined while the server does not say. */
  readonly consumers?: readonly ConsumerLag[];
}

/** A scope's way out of the dispatcher. */
export interface QueueStats {
  readonly name: string;
  readonly scope: string;
  /** Events routed to the scope. */
  readonly routed: number;
  /** Events in frames that the bus has stored. */
  readonly published: number;
  /** Events for which there was no room. */
  readonly lost: number;
  /** Events that have not left the dispatcher. */
  readonly held: number;
  /** Frames on the bus that no worker has acknowledged; undefined while the bus does not say. */
  readonly waiting?: number;
  /** Why the bus takes nothing; undefined = it does. */
  readonly failure?: string;
}

/** How control does over NATS. */
export interface ControlStats {
  /** Requests without an answer: the reply subject was no inbox of the sender's. */
  readonly unanswered: number;
  /** By tenant: the same, of requests that the server shows to the host. */
  readonly astray: Readonly<Record<string, number>>;
  /** Requests that were not read, as their principal asked for more than it may. */
  readonly flooded: Readonly<Record<string, number>>;
  /** Ends of connections, by the principals that they are for. */
  readonly cuts: Readonly<Record<string, number>>;
}

/** What a process is: all in one, or one of the services. */
export const PROCESS_ROLES = ["node", "dispatcher", "auditd"] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** A process, as of now. */
export interface ProcessStats {
  readonly role: ProcessRole;
  /** Of the process: a worker's name. */
  readonly name: string;
  /** Name of the cauditd host. */
  readonly host: string;
  readonly pid: number;
  /** Seconds since it has started. */
  readonly uptime: number;
  /** What keeps it from working; empty = it is ready. */
  readonly problems: readonly string[];
  readonly instances: readonly InstanceStats[];
  /** Scopes that the process has by lease; undefined where there are no leases. */
  readonly leases?: number;
  readonly queues: readonly QueueStats[];
  /** The source's account; undefined where there is none. */
  readonly source?: Omit<HostAccount, "direct">;
  /** Frames that arrived with something else than they were sent with; undefined without NATS. */
  readonly damaged?: number;
  /** Undefined where no control is over NATS. */
  readonly control?: ControlStats | undefined;
}
