// What auditd does about its log: size, space, errors, signals. No I/O: effects say what to do.
import { type AuditdConf, Errno, type FailureAction, systemErrorText } from "@cauditd/libaudit";
import {
  configRecord,
  type DaemonRecord,
  type DaemonStart,
  endRecord,
  resumeRecord,
  rotateRecord,
  type Sender,
  startRecord,
} from "./daemon-record.ts";
import { type LogEffect, type OpenStep, syslog } from "./log-effect.ts";
import type { LogPolicyState } from "./log-state.ts";
import { ALERTS, BECAUSE, OPEN_TEXTS, type Reason, ROTATING, SUSPENDED } from "./log-text.ts";
import { changesOf } from "./reload.ts";
import { type FreeSpace, MEGABYTE, SpaceWatch } from "./space-watch.ts";

/** Messages about write errors until a write succeeds (AUD-3.2). */
const MOST_ERROR_TEXTS = 5;

/** What ended logging; `space` can pass by itself. */
export type SuspendCause = "size" | "space" | "error";

/** Extras of the host's configuration. */
export interface LogPolicyOptions {
  /**
   * Logging that was suspended for want of space is resumed when there is more than space_left
   * again. Default false: as auditd, only when it is asked for.
   */
  readonly resumesWithSpace?: boolean;
  /** False: free space is not looked at; a write says when there is none. Default true. */
  readonly watchesSpace?: boolean;
}

/** How a log is kept, by one auditd.conf. Sizes are bytes. */
export class LogPolicy {
  #conf: AuditdConf;
  readonly #resumesWithSpace: boolean;
  readonly #watchesSpace: boolean;
  readonly #space: SpaceWatch;
  #suspended: SuspendCause | undefined;
  /** The log is closed; only while logging is suspended, or between two effects. */
  #closed = true;
  #size = 0;
  #unsynced = 0;
  #errorTexts = 0;
  #knownLogs = 0;
  /** SINGLE or HALT was carried out for write errors, and no write succeeded since. */
  #changedRunlevel = false;

  constructor(conf: AuditdConf, options: LogPolicyOptions = {}) {
    this.#conf = conf;
    this.#resumesWithSpace = options.resumesWithSpace ?? false;
    this.#watchesSpace = options.watchesSpace ?? true;
    this.#space = new SpaceWatch(conf);
  }

  get conf(): AuditdConf {
    return this.#conf;
  }

  /** Records go to the log: it is not suspended, and write_logs is not `no`. */
  get accepts(): boolean {
    return this.#suspended === undefined && this.#conf.write_logs;
  }

  /** Why nothing is logged; undefined while it is. */
  get suspended(): SuspendCause | undefined {
    return this.#suspended;
  }

  /** Only more free space is waited for: `sampled` resumes then. */
  get awaitsSpace(): boolean {
    return this.#resumesWithSpace && this.#suspended === "space";
  }

  /** Size from which on `wrote` has something to say about it; Infinity if it never has. */
  get limit(): number {
    const { max_log_file_action: action, max_log_file: max } = this.#conf;
    const isRotated = action !== "ROTATE" || this.#conf.num_logs > 1;
    return action !== "IGNORE" && isRotated ? max * MEGABYTE : Number.POSITIVE_INFINITY;
  }

  /** `wrote` has to be told how many records there were. */
  get countsRecords(): boolean {
    return this.#conf.flush === "INCREMENTAL" || this.#conf.flush === "INCREMENTAL_ASYNC";
  }

  /** Rotated files that may stay; below 1 there is no rotation. */
  get mostRotated(): number {
    if (this.#conf.max_log_file_action === "KEEP_LOGS") return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#conf.num_logs - 1);
  }

  /** How the log is, for the state report. */
  get state(): LogPolicyState {
    const { spaceLeft, adminSpaceLeft } = this.#space.marks;
    return {
      writesLogs: this.#conf.write_logs,
      size: this.#size,
      maxSize: this.#conf.max_log_file * MEGABYTE,
      knownLogs: this.#knownLogs,
      hasSpace: !this.#space.full,
      spaceLeft,
      adminSpaceLeft,
      suspended: this.#suspended !== undefined,
      spaceActionDone: this.#space.lowDone,
      adminSpaceActionDone: this.#space.veryLowDone,
      diskError: this.#errorTexts > 0,
    };
  }

  /** The daemon starts: the log is opened, checked, and begins with DAEMON_START. */
  start(about: DaemonStart): LogEffect[] {
    return [...this.#open("start"), ...this.started(about)];
  }

  /** The same for a log that is open already. */
  started(about: DaemonStart): LogEffect[] {
    return [write(startRecord(about))];
  }

  /** The daemon ends. */
  stop(sender?: Sender): LogEffect[] {
    return [write(endRecord(sender)), { kind: "sync", wait: true }];
  }

  /**
   * The log is open.
   * @param size of its file
   */
  opened(step: OpenStep, size: number): LogEffect[] {
    this.#closed = false;
    this.#size = size;
    this.#unsynced = 0;
    if (step === "reopen") return [];
    const effects = this.#checkSize();
    if (step !== "start") return effects;
    effects.push(...this.#removeExcess());
    if (!this.#closed) effects.push(...this.#look());
    return effects;
  }

  /** The log could not be opened. */
  openFailed(step: OpenStep, errno: number): LogEffect[] {
    this.#closed = true;
    this.#suspended = errno === Errno.ENOSPC ? "space" : "error";
    return [OPEN_TEXTS[step], ...this.#diskError(step, errno)];
  }

  /**
   * Records were written: the whole of them.
   * @param size of the file behind them
   */
  wrote(records: number, bytes: number, size: number): LogEffect[] {
    this.#size = size;
    this.#errorTexts = 0;
    this.#changedRunlevel = false;
    const effects = this.#flush(records);
    effects.push(...this.#checkSize());
    if (!this.#closed && this.#space.wrote(bytes)) effects.push(...this.#look());
    return effects;
  }

  /** This much space is free. */
  sampled(space: FreeSpace): LogEffect[] {
    const { findings, marksSwapped } = this.#space.look(space);
    const effects: LogEffect[] = [];
    if (marksSwapped) effects.push(syslog("err", this.#swappedText()));
    for (const finding of findings) {
      if (finding === "recovered") effects.push(...this.#recovered());
      else if (this.#suspended !== undefined) continue;
      else if (finding === "full") effects.push(...this.#diskFull());
      else effects.push(...this.#lowSpace(finding));
    }
    return effects;
  }

  /**
   * A step failed: `write`, `flush`, `fsync`. After `write` the log ends with a whole event.
   * @param errno positive
   */
  failed(step: "write" | "flush" | "fsync", errno: number): LogEffect[] {
    return this.#failure(step, errno);
  }

  /** A rotation was carried out, up to the new file. `files`: rotated ones that there are. */
  rotated(files: number, size: number): LogEffect[] {
    this.#knownLogs = files + 1;
    if (this.#suspended !== undefined) return [];
    return this.opened("reopen", size);
  }

  /** A file could not be renamed; the log stays as it is and is opened again by the shell. */
  rotateFailed(from: string, to: string, errno: number): LogEffect[] {
    const text = `Error rotating logs from ${from} to ${to} (${systemErrorText(errno)})`;
    return [syslog("err", text), ...this.#failure("rotate", errno)];
  }

  /** USR1: rotates whatever the size is (AUD-130). */
  rotate(sender?: Sender): LogEffect[] {
    return [...this.#rotateNow(), write(rotateRecord(sender))];
  }

  /** USR2: takes logging up again, and what was done about space may be done again (AUD-133). */
  resume(sender?: Sender): LogEffect[] {
    return [...this.#resume(), write(resumeRecord(sender))];
  }

  /** HUP, and the file was refused: the old configuration holds. */
  reloadRefused(sender?: Sender): LogEffect[] {
    return [write(configRecord(sender, false))];
  }

  /** HUP: takes a new configuration; log_file is not looked at. */
  reload(conf: AuditdConf, sender?: Sender): LogEffect[] {
    const { auid, pid, subj = "?" } = sender ?? { auid: -1, pid: -1 };
    const text = `config change requested by pid=${pid} auid=${auid} subj=${subj}`;
    const effects = [syslog("notice", text)];
    const changes = changesOf(this.#conf, conf);
    this.#conf = conf;
    this.#errorTexts = 0;
    this.#changedRunlevel = false;
    if (changes.size || changes.reopen) {
      if (changes.size) this.#suspended = undefined;
      if (changes.reopen && !this.#closed) effects.push(...this.#close());
      if (this.#closed) this.#suspended = undefined;
      effects.push(...(this.#closed ? this.#open("reconfig") : this.#checkSize()));
    }
    if (changes.space) {
      this.#space.reload(conf);
      effects.push(...this.#removeExcess(), ...this.#look());
    }
    effects.push(write(configRecord(sender, true)));
    return effects;
  }

  #look(): LogEffect[] {
    return this.#watchesSpace ? [{ kind: "sample" }] : [];
  }

  #flush(records: number): LogEffect[] {
    const { flush, freq } = this.#conf;
    if (!this.countsRecords) return [];
    this.#unsynced += records;
    if (this.#unsynced < freq) return [];
    // One sync covers a whole batch: fewer than freq records are ever without one.
    this.#unsynced = 0;
    return [{ kind: "sync", wait: flush === "INCREMENTAL" }];
  }

  #checkSize(): LogEffect[] {
    if (this.#closed || !this.#conf.write_logs || this.#size < this.limit) return [];
    switch (this.#conf.max_log_file_action) {
      case "SYSLOG":
        return [syslog("err", "Audit daemon log file is larger than max size")];
      case "SUSPEND":
        return [syslog("err", SUSPENDED.size), ...this.#suspend("size")];
      case "ROTATE":
        return [syslog("notice", ROTATING), this.#rotation()];
      case "KEEP_LOGS":
        return [syslog("notice", `${ROTATING} with keep option`), this.#rotation()];
      default:
        return [];
    }
  }

  #rotation(): LogEffect {
    return { kind: "rotate", most: this.mostRotated };
  }

  #rotateNow(): LogEffect[] {
    if (!this.#conf.write_logs) return [];
    if (this.mostRotated >= 1) return [this.#rotation()];
    return [syslog("notice", "Log rotation disabled (num_logs < 2), skipping")];
  }

  #removeExcess(): LogEffect[] {
    const { max_log_file_action: action, num_logs: logs } = this.#conf;
    return action === "ROTATE" && logs > 1 ? [{ kind: "remove-beyond", most: logs - 1 }] : [];
  }

  #resume(): LogEffect[] {
    const effects = [syslog("notice", "Audit daemon is attempting to resume logging.")];
    this.#suspended = undefined;
    this.#errorTexts = 0;
    this.#changedRunlevel = false;
    this.#space.forget();
    if (this.#closed) {
      effects.push(...this.#open("resume"));
      effects.push(syslog("notice", "Audit daemon resumed logging."));
    }
    return effects;
  }

  #recovered(): LogEffect[] {
    return this.#resumesWithSpace && this.#suspended === "space" ? this.#resume() : [];
  }

  #suspend(cause: SuspendCause): LogEffect[] {
    this.#suspended = cause;
    return this.#close();
  }

  #open(step: OpenStep): LogEffect[] {
    return this.#conf.write_logs ? [{ kind: "open", step }] : [];
  }

  #close(): LogEffect[] {
    this.#closed = true;
    return [{ kind: "close" }];
  }

  #lowSpace(mark: "low" | "very-low"): LogEffect[] {
    const { space_left_action: first, admin_space_left_action: second } = this.#conf;
    const does = mark === "low" ? first : second;
    switch (does.action) {
      case "IGNORE":
        return [];
      case "SYSLOG":
        // auditd says `low` for both marks here.
        return [syslog("alert", ALERTS.low.syslog)];
      case "EMAIL": {
        const { subject, mail: text, syslog: said } = ALERTS[mark];
        const to = this.#conf.action_mail_acct;
        return [{ kind: "mail", to, subject, text }, syslog("alert", said)];
      }
      default:
        return this.#act(does, "low", "space");
    }
  }

  #diskFull(): LogEffect[] {
    const text = "Audit daemon has no space left on logging partition";
    return [syslog("alert", text), ...this.#act(this.#conf.disk_full_action, "full", "space")];
  }

  #failure(step: string, errno: number): LogEffect[] {
    if (errno !== Errno.ENOSPC) return this.#diskError(step, errno);
    const isDue = step === "write" ? this.#space.writeFailed() : this.#space.noteFull();
    return isDue ? this.#diskFull() : [];
  }

  #diskError(step: string, errno: number): LogEffect[] {
    const does = this.#conf.disk_error_action;
    if (does.action !== "SYSLOG") return this.#act(does, "error", "error");
    this.#errorTexts += 1;
    if (this.#errorTexts > MOST_ERROR_TEXTS) return [];
    const what = "Audit daemon detected an error writing an event to disk";
    return [syslog("alert", `${step}: ${what} (${systemErrorText(errno)})`)];
  }

  /** The actions that are the same for all that can go wrong. */
  #act(does: FailureAction, why: Reason, cause: SuspendCause): LogEffect[] {
    switch (does.action) {
      case "ROTATE":
        if (this.#conf.num_logs < 2) return [];
        return [syslog("notice", ROTATING), { kind: "rotate", most: this.#conf.num_logs - 1 }];
      case "EXEC":
        if (does.exe === undefined) return [];
        // Closed, so that the program can move it; USR2 opens it again.
        return [...this.#suspend(cause), { kind: "exec", argv: [does.exe] }];
      case "SUSPEND":
        return [syslog("alert", SUSPENDED[why]), ...this.#suspend(cause)];
      case "SINGLE":
      case "HALT":
        return this.#changeRunlevel(does.action, why);
      default:
        return [];
    }
  }

  #changeRunlevel(action: "SINGLE" | "HALT", why: Reason): LogEffect[] {
    if (why === "error") {
      if (this.#changedRunlevel) return [];
      this.#changedRunlevel = true;
    }
    const isHalt = action === "HALT";
    const does = isHalt ? "halting the system" : "changing the system to single user mode";
    const dot = isHalt && why === "error" ? "." : "";
    const text = `The audit daemon is now ${does}${BECAUSE[why]}${dot}`;
    return [syslog("alert", text), { kind: "runlevel", level: isHalt ? "halt" : "single" }];
  }

  #swappedText(): string {
    const { spaceLeft: left, adminSpaceLeft: admin } = this.#space.marks;
    return `Error - space_left(${left}) must be larger than admin_space_left(${admin})`;
  }
}

function write(record: DaemonRecord): LogEffect {
  return { kind: "write", record };
}
