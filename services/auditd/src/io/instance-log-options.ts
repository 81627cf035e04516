// How an instance's log is opened, and how it is.
import type { Retention } from "@cauditd/kernel";
import type { LogConduct } from "./conduct.ts";
import type { Disk } from "./disk.ts";
import type { ActionLog } from "./log-actions.ts";
import type { TakeLock } from "./log-folder.ts";
import type { LogSettings } from "./log-settings.ts";
import type { Later } from "./space-wait.ts";

/** How a log is opened. */
export interface InstanceLogOptions {
  /** Without `conduct`: the log does nothing but hold what is written to it. */
  readonly settings?: LogSettings;
  /** The log is kept as an auditd.conf says; `settings` is not looked at. */
  readonly conduct?: LogConduct;
  readonly disk?: Disk;
  /** Keeps others off the folder. Default: on this machine's file system FolderLock. */
  readonly lock?: TakeLock;
  /**
   * Token of the lease under which this process writes the log: the folder of one with a lower
   * token is taken over, though that process may still live. Before the log is opened, everything
   * that an earlier owner acknowledges must have no effect any more, else what it writes meanwhile
   * is lost (docs/adr/0009-takeover-of-a-log-folder.md). Without: a folder in use is refused.
   */
  readonly token?: number;
  /** False: nothing is kept for a restart, as for a log that is made once. Default true. */
  readonly checkpoint?: boolean;
  /** Which rotated files are kept, beyond what auditd.conf says. */
  readonly retention?: Retention;
  /** An earlier log goes, with everything that belongs to it. Default false. */
  readonly fresh?: boolean;
  /** Without `conduct`: a log that found no space goes on when there is some. Default false. */
  readonly resumesWithSpace?: boolean;
  /** The timer of looks at the free space; default: this process's. */
  readonly later?: Later;
  /** A clock that only goes forward, ms. Default: this process's. */
  readonly now?: () => number;
  readonly log: ActionLog;
}

/** How a log is now. */
export interface InstanceLogState {
  /** Bytes of the current file. */
  readonly size: number;
  /** Bytes written in this life, to whichever file. */
  readonly written: number;
  /** Nothing is written until `resume`. */
  readonly suspended: boolean;
  /** The first error of this life. */
  readonly failure: Error | undefined;
  /** Rotations in this life. */
  readonly rotations: number;
  /** It was left to a later owner, or to nobody: nothing is written or answered for any more. */
  readonly abandoned: boolean;
}
