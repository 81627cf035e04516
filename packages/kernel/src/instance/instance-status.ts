import {
  type AuditStatus,
  BACKLOG_WAIT_TIME_MAX,
  type Enabled,
  Errno,
  type FailureMode,
  HZ,
} from "@cauditd/libaudit";
import {
  type ControlRecord,
  type ControlReply,
  type ControlSubject,
  reply,
  setRecord,
} from "./control-record.ts";

/** Kernel default of `audit=1 audit_backlog_limit=8192`, as distributions boot. */
export const BACKLOG_LIMIT = 8192;
/** Kernel default: a minute, in jiffies. */
export const BACKLOG_WAIT_TIME: number = 60 * HZ;

const U32_MAX = 0xffff_ffff;

/** What AUDIT_SET can ask; fields that are not given stay. */
export interface StatusRequest {
  readonly enabled?: number;
  readonly failure?: number;
  readonly rate_limit?: number;
  readonly backlog_limit?: number;
  readonly backlog_wait_time?: number;
}

/** The fields that a request sets. */
type Settable = keyof StatusRequest;

/** In the kernel's order: those behind a field that is refused are not looked at. */
const ORDER: readonly { field: Settable; max: number }[] = [
  { field: "enabled", max: 2 },
  { field: "failure", max: 2 },
  { field: "rate_limit", max: U32_MAX },
  { field: "backlog_limit", max: U32_MAX },
  { field: "backlog_wait_time", max: BACKLOG_WAIT_TIME_MAX },
];

/**
 * The status of one instance: struct audit_status with the kernel's checks (spec 2.7). Counters
 * are kept by the instance and written here.
 */
export class InstanceStatus {
  enabled: Enabled = 1;
  failure: FailureMode = 1;
  pid = 0;
  rate_limit = 0;
  backlog_limit: number = BACKLOG_LIMIT;
  backlog_wait_time: number = BACKLOG_WAIT_TIME;
  /** Events lost since the last reset. */
  lost = 0;
  /** Accepted events that are not yet written. */
  backlog = 0;
  /** Time waited for room since the last reset, in jiffies. */
  backlog_wait_time_actual = 0;

  /** `backlog_wait_time` in milliseconds. */
  get waitMs(): number {
    return (this.backlog_wait_time * 1000) / HZ;
  }

  /** A copy: what AUDIT_GET answers. Counters wrap at 2^32 as in the kernel. */
  get(): AuditStatus {
    const { enabled, failure, pid, rate_limit, backlog_limit, backlog_wait_time } = this;
    return {
      enabled,
      failure,
      pid,
      rate_limit,
      backlog_limit,
      lost: this.lost >>> 0,
      backlog: this.backlog >>> 0,
      backlog_wait_time,
      backlog_wait_time_actual: Math.floor(this.backlog_wait_time_actual) >>> 0,
    };
  }

  /**
   * AUDIT_SET. A field out of its range gives EINVAL, any field EPERM when the instance is locked;
   * what stands before it stays applied. Each change that passes its range makes a record unless
   * auditing was off before it (AUD-96, AUD-97, AUD-98, AUD-102; kernel audit_do_config_change).
   */
  set(request: StatusRequest, subject: ControlSubject): ControlReply {
    const records: ControlRecord[] = [];
    for (const { field, max } of ORDER) {
      const value = request[field];
      if (value === undefined) continue;
      if (!Number.isInteger(value) || value < 0 || value > max) {
        return reply(Errno.EINVAL, records);
      }
      const allowed = this.enabled !== 2;
      if (this.enabled !== 0) {
        records.push(setRecord(`audit_${field}`, value, this[field], subject, allowed));
      }
      if (!allowed) return reply(Errno.EPERM, records);
      this.#assign(field, value);
    }
    return reply(0, records);
  }

  #assign(field: Settable, value: number): void {
    if (field === "enabled") this.enabled = value as Enabled;
    else if (field === "failure") this.failure = value as FailureMode;
    else this[field] = value;
  }

  /** Sets `lost` to 0; works while locked (AUD-100, AUD-103). `value` is the old count. */
  resetLost(subject: ControlSubject): ControlReply {
    const value = this.lost >>> 0;
    this.lost = 0;
    return { errno: 0, value, records: [setRecord("lost", 0, value, subject, true)] };
  }

  /** Sets `backlog_wait_time_actual` to 0; works while locked. `value` is the old time. */
  resetWaitTimeActual(subject: ControlSubject): ControlReply {
    const value = Math.floor(this.backlog_wait_time_actual) >>> 0;
    this.backlog_wait_time_actual = 0;
    const record = setRecord("backlog_wait_time_actual", 0, value, subject, true);
    return { errno: 0, value, records: [record] };
  }

  /**
   * A daemon registers (its pid) or unregisters (0); works while locked (contid.md 3.2; AUD-100).
   * EINVAL: not the caller's own pid; EEXIST: another one is there (AUD-114); EACCES: 0 from
   * somebody else (AUD-115).
   * @param alive whether the registered daemon still answers
   */
  register(pid: number, subject: ControlSubject, alive: boolean): ControlReply {
    if (pid !== 0 && pid !== subject.pid) return reply(Errno.EINVAL);
    if (!alive) this.pid = 0;
    const old = this.pid;
    if (old !== 0 && (pid !== 0 || subject.pid !== old)) {
      const errno = pid === 0 ? Errno.EACCES : Errno.EEXIST;
      return reply(errno, [setRecord("audit_pid", pid, old, subject, false)]);
    }
    this.pid = pid;
    return reply(0, this.enabled === 0 ? [] : [setRecord("audit_pid", pid, old, subject, true)]);
  }
}
