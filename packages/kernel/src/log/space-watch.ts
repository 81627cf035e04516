// Free space and its marks: space_left, admin_space_left, and the last blocks.
import type { AuditdConf, SpaceMark } from "@cauditd/libaudit";

/** Free space of the log's partition, bytes. */
export interface FreeSpace {
  /** What may still be used by those who are not root. */
  readonly free: number;
  readonly total: number;
  /** Size of a block. */
  readonly block: number;
}

/** What was found to have happened, in the order in which it is acted upon. */
export type SpaceFinding = "full" | "low" | "very-low" | "recovered";

export const MEGABYTE = 1_048_576;

/** Blocks that auditd leaves free. */
const LAST_BLOCKS = 5;

const LEAST_DISTANCE = 4096;
/** Others write on the partition, too. */
const MOST_DISTANCE = MEGABYTE;

/** Follows the free space of a partition; says when a mark is passed, once. */
export class SpaceWatch {
  #conf: AuditdConf;
  /** Marks in bytes; a percentage is worked out when the size of the partition is known. */
  #marks: { readonly low: number; readonly veryLow: number } | undefined;
  #full = false;
  #low = false;
  #veryLow = false;
  /** Bytes that are written until the next look. */
  #distance = 0;
  #unseen = 0;
  /** Writes that found no room, one behind the other. */
  #failed = 0;

  constructor(conf: AuditdConf) {
    this.#conf = conf;
  }

  /** The action for space_left was taken, and is not taken again. */
  get lowDone(): boolean {
    return this.#low;
  }

  /** The same for admin_space_left. */
  get veryLowDone(): boolean {
    return this.#veryLow;
  }

  /** There was no space left. */
  get full(): boolean {
    return this.#full;
  }

  /** MB of the marks, as far as they are known. */
  get marks(): { readonly spaceLeft: number; readonly adminSpaceLeft: number } {
    const { space_left: left, admin_space_left: admin } = this.#conf;
    return {
      spaceLeft: (this.#marks?.low ?? markBytes(left, 0)) / MEGABYTE,
      adminSpaceLeft: (this.#marks?.veryLow ?? markBytes(admin, 0)) / MEGABYTE,
    };
  }

  /** Marks are new, and nothing was done about them yet. */
  reload(conf: AuditdConf): void {
    this.#conf = conf;
    this.#marks = undefined;
    this.forget();
    this.#distance = 0;
  }

  /** What was done may be done again. */
  forget(): void {
    this.#full = false;
    this.#low = false;
    this.#veryLow = false;
  }

  /** The partition is full, a write says. False if that was known. */
  noteFull(): boolean {
    const isNew = !this.#full;
    this.#full = true;
    return isNew;
  }

  /**
   * A write found no room. True when disk_full_action is to be taken: once, but ROTATE as often as
   * there are files, for it makes room only when the oldest of them goes.
   */
  writeFailed(): boolean {
    this.#failed += 1;
    if (this.noteFull()) return true;
    const { disk_full_action: does, num_logs: most } = this.#conf;
    return does.action === "ROTATE" && this.#failed <= most;
  }

  /** True when enough was written since the last look: the nearer a mark, the less. */
  wrote(bytes: number): boolean {
    this.#failed = 0;
    this.#unseen += bytes;
    return this.#unseen >= this.#distance;
  }

  /** Takes a look at the free space. */
  look(space: FreeSpace): { findings: SpaceFinding[]; marksSwapped: boolean } {
    const isFirst = this.#marks === undefined;
    const { space_left: left, admin_space_left: admin } = this.#conf;
    this.#marks ??= { low: markBytes(left, space.total), veryLow: markBytes(admin, space.total) };
    const { low, veryLow } = this.#marks;
    this.#setDistance(space);
    const marksSwapped = isFirst && hasPercent(this.#conf) && low <= veryLow;
    return { findings: this.#findings(space, low, veryLow), marksSwapped };
  }

  #findings({ free, block }: FreeSpace, low: number, veryLow: number): SpaceFinding[] {
    const findings: SpaceFinding[] = [];
    if (free < LAST_BLOCKS * block) {
      // ROTATE makes room each time; the others are told once.
      if (this.noteFull() || this.#conf.disk_full_action.action === "ROTATE") findings.push("full");
      return findings;
    }
    this.#full = false;
    const { action } = this.#conf.space_left_action;
    if (free < low) {
      if (!this.#low) findings.push("low");
      this.#low = action !== "ROTATE";
    } else if (action === "SYSLOG") this.#low = false;
    const { action: adminAction } = this.#conf.admin_space_left_action;
    if (free < veryLow) {
      if (!this.#veryLow) findings.push("very-low");
      this.#veryLow = adminAction !== "ROTATE";
    } else if (adminAction === "SYSLOG") this.#veryLow = false;
    if (free >= Math.max(low, veryLow)) findings.push("recovered");
    return findings;
  }

  #setDistance({ free, block }: FreeSpace): void {
    const { low, veryLow } = this.#marks ?? { low: 0, veryLow: 0 };
    const below = [low, veryLow, LAST_BLOCKS * block].filter((mark) => mark <= free);
    const room = (free - Math.max(0, ...below)) / 8;
    this.#distance = Math.min(MOST_DISTANCE, Math.max(LEAST_DISTANCE, room));
    this.#unseen = 0;
  }
}

/** A mark in bytes, whole MB. */
function markBytes({ value, unit }: SpaceMark, total: number): number {
  if (unit === "MB") return value * MEGABYTE;
  return Math.floor((total * value) / 100 / MEGABYTE) * MEGABYTE;
}

function hasPercent({ space_left: left, admin_space_left: admin }: AuditdConf): boolean {
  return [left, admin].some(({ unit, value }) => unit === "%" && value > 0);
}
