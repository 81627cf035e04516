// Records that auditd makes itself (AUD-2.12).

/** Who asked for something: the sender of a signal, or of a control request. */
export interface Sender {
  /** 4294967295: unset. */
  readonly auid: number;
  readonly uid: number;
  readonly ses: number;
  readonly pid: number;
  /** Label of a security module. */
  readonly subj?: string;
}

/** Record types of the daemon. */
export type DaemonRecordType =
  | "DAEMON_START"
  | "DAEMON_END"
  | "DAEMON_ABORT"
  | "DAEMON_CONFIG"
  | "DAEMON_ROTATE"
  | "DAEMON_RESUME";

/** A record without its head. */
export interface DaemonRecord {
  readonly type: DaemonRecordType;
  readonly body: string;
}

/** What DAEMON_START says of the daemon. */
export interface DaemonStart {
  readonly version: string;
  readonly format: "RAW" | "ENRICHED" | "NOLOG";
  /** Release of the kernel, uname(2). */
  readonly kernel: string;
  /** The daemon itself. */
  readonly self: Sender;
}

/** The numbers below which a daemon's first serial is drawn (AUD-135). */
export const FIRST_SERIAL_BOUND = 10_000;

/** Serials of a daemon's own records (AUD-135). */
export class DaemonSerials {
  readonly #draw: (bound: number) => number;
  #last: number | undefined;

  /** @param draw a whole number at random, at least 0 and below its argument */
  constructor(draw: (bound: number) => number) {
    this.#draw = draw;
  }

  /** DAEMON_CONFIG draws one of its own; the others are one above the last. */
  next(type: DaemonRecordType): number {
    if (type === "DAEMON_CONFIG") return this.#draw(FIRST_SERIAL_BOUND);
    // auditd takes 0 for none yet, and draws again.
    this.#last =
      this.#last === undefined || this.#last === 0
        ? this.#draw(FIRST_SERIAL_BOUND)
        : (this.#last + 1) >>> 0;
    return this.#last;
  }
}

function label(subj: string | undefined): string {
  return subj === undefined ? "" : ` subj=${subj}`;
}

/** The words of a request; undefined: nobody knows whose. Source: audit_format_signal_info. */
function requestBody(op: string, sender: Sender | undefined, res: string): string {
  if (sender === undefined) return `op=${op} auid=-1 pid=-1 subj=? res=${res}`;
  const { auid, uid, ses, pid, subj } = sender;
  return `op=${op} auid=${auid} uid=${uid} ses=${ses} pid=${pid}${label(subj)} res=${res}`;
}

/** DAEMON_START. */
export function startRecord({ version, format, kernel, self }: DaemonStart): DaemonRecord {
  const { auid, pid, uid, ses, subj } = self;
  const on = kernel.slice(0, 56);
  const what = `op=start ver=${version} format=${format.toLowerCase()} kernel=${on}`;
  const who = `auid=${auid} pid=${pid} uid=${uid} ses=${ses}${label(subj)}`;
  return { type: "DAEMON_START", body: `${what} ${who} res=success` };
}

/** DAEMON_END: the daemon was asked to end. */
export function endRecord(sender?: Sender): DaemonRecord {
  if (sender === undefined) {
    const body = "op=terminate auid=-1 uid=-1 ses=-1 pid=-1 subj=? res=success";
    return { type: "DAEMON_END", body };
  }
  return { type: "DAEMON_END", body: requestBody("terminate", sender, "success") };
}

/** DAEMON_ROTATE: the first line of the new file (AUD-134). */
export function rotateRecord(sender?: Sender): DaemonRecord {
  return { type: "DAEMON_ROTATE", body: requestBody("rotate-logs", sender, "success") };
}

/** DAEMON_RESUME. */
export function resumeRecord(sender?: Sender): DaemonRecord {
  return { type: "DAEMON_RESUME", body: requestBody("resume-logging", sender, "success") };
}

/** DAEMON_CONFIG: the configuration was read again; false: it was refused, the old one holds. */
export function configRecord(sender: Sender | undefined, changed: boolean): DaemonRecord {
  const { auid, pid, subj = "?" } = sender ?? { auid: -1, pid: -1 };
  const body = changed
    ? `op=reconfigure state=changed auid=${auid} pid=${pid} subj=${subj} res=success`
    : requestBody("reconfigure state=no-change", sender, "failed");
  return { type: "DAEMON_CONFIG", body };
}

/** DAEMON_ABORT: the daemon ends by itself. `op`: error-halt, set-enable, set-pid, network-init. */
export function abortRecord(op: string, self: Sender): DaemonRecord {
  const { auid, pid, uid, ses, subj } = self;
  const who = op === "error-halt" ? "" : ` uid=${uid} ses=${ses}`;
  const body = `op=${op} auid=${auid} pid=${pid}${who}${label(subj)} res=failed`;
  return { type: "DAEMON_ABORT", body };
}

/**
 * The line of a daemon's record, with its newline.
 * @param time milliseconds since 1970
 * @param node from name_format; undefined: no node
 */
export function daemonLine(
  { type, body }: DaemonRecord,
  time: number,
  serial: number,
  node?: string,
): string {
  const seconds = Math.floor(time / 1000);
  const millis = `${Math.floor(time) - seconds * 1000}`.padStart(3, "0");
  const head = node === undefined ? "" : `node=${node} `;
  return `${head}type=${type} msg=audit(${seconds}.${millis}:${serial}): ${body}\n`;
}
