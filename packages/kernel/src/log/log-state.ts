// The state report that auditd writes at SIGCONT (AUD-3.6).
import { MEGABYTE } from "./space-watch.ts";

/** How a log is. Sizes are bytes, marks MB. */
export interface LogPolicyState {
  readonly writesLogs: boolean;
  readonly size: number;
  readonly maxSize: number;
  /** Files found at the last rotation, the current one included; 0 before the first. */
  readonly knownLogs: number;
  readonly hasSpace: boolean;
  readonly spaceLeft: number;
  readonly adminSpaceLeft: number;
  readonly suspended: boolean;
  readonly spaceActionDone: boolean;
  readonly adminSpaceActionDone: boolean;
  readonly diskError: boolean;
}

/** The queue towards the tenant's stream, which stands for auditd's queue to its plugins. */
export interface StreamQueueState {
  /** Readers of the stream. */
  readonly readers: number;
  readonly depth: number;
  readonly maxDepth: number;
  readonly size: number;
  readonly overflowed: boolean;
  readonly suspended: boolean;
}

/** What a report says beyond the log itself. */
export interface ReportContext {
  readonly version: string;
  /** As strftime's `%x %X`: `11/23/26 18:47:43`. */
  readonly time: string;
  /** Nice value of the process. */
  readonly priority: number;
  /** Bytes; undefined if the file system does not say. */
  readonly free: number | undefined;
  readonly queue: StreamQueueState;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** The report, line by line as auditd 3.0.9 has it. */
export function stateReport(state: LogPolicyState, context: ReportContext): string {
  const { version, time, priority, free, queue } = context;
  const lines = [
    `audit version = ${version}`,
    `current time = ${time}`,
    `process priority = ${priority}`,
    `writing to logs = ${yesNo(state.writesLogs)}`,
  ];
  if (state.writesLogs) {
    lines.push(
      `current log size = ${Math.floor(state.size / 1024)} KB`,
      `max log size = ${state.maxSize / 1024} KB`,
      `logs detected last rotate/shift = ${state.knownLogs}`,
      `space left on partition = ${yesNo(state.hasSpace)}`,
    );
    if (free !== undefined) {
      lines.push(
        `Logging partition free space ${Math.floor(free / MEGABYTE)} MB`,
        `space_left setting ${state.spaceLeft} MB`,
        `admin_space_left setting ${state.adminSpaceLeft} MB`,
      );
    }
    lines.push(
      `logging suspended = ${yesNo(state.suspended)}`,
      `file system space action performed = ${yesNo(state.spaceActionDone)}`,
      `admin space action performed = ${yesNo(state.adminSpaceActionDone)}`,
      `disk error detected = ${yesNo(state.diskError)}`,
    );
  }
  lines.push(
    `Number of active plugins = ${queue.readers}`,
    `current plugin queue depth = ${queue.depth}`,
    `max plugin queue depth used = ${queue.maxDepth}`,
    `plugin queue size = ${queue.size}`,
    `plugin queue overflow detected = ${yesNo(queue.overflowed)}`,
    `plugin queueing suspended = ${yesNo(queue.suspended)}`,
    "listening for network connections = no",
  );
  return `${lines.join("\n")}\n`;
}
