import { Cursor } from "./cursor.ts";

/** A user, group or other 32-bit number that no record gave. */
export const NO_ID = 0xffff_ffff;
/** A login user or session number that no record gave: -1 is a value of theirs. */
export const NO_LOGIN = 0xffff_fffe;

/** What an event says of its outcome; a kernel record may have any other number. */
export const Outcome = { unset: -1, failed: 0, success: 1 } as const;

/** A name of a file, and what stands behind `type=` in its PATH record. */
export interface FileName {
  readonly name: string;
  readonly rest?: string;
}

/** The security contexts of one record, and for an AVC what was decided. */
export interface Label {
  subject?: string | undefined;
  object?: string | undefined;
  className?: string | undefined;
  permission?: string | undefined;
  /** `denied` or `granted`; undefined for a record that does not say. */
  decision?: "denied" | "granted" | undefined;
  /** The record is an AVC. */
  avc?: boolean;
}

/** Which facts are asked for. The rest is not looked at, so that it cannot make a record bad. */
export interface Wanted {
  readonly arch?: boolean;
  readonly auid?: boolean;
  readonly comm?: boolean;
  readonly egid?: boolean;
  readonly euid?: boolean;
  readonly exe?: boolean;
  readonly exit?: boolean;
  readonly file?: boolean;
  readonly gid?: boolean;
  readonly host?: boolean;
  readonly key?: boolean;
  readonly object?: boolean;
  readonly pid?: boolean;
  readonly ppid?: boolean;
  readonly session?: boolean;
  readonly subject?: boolean;
  readonly success?: boolean;
  readonly terminal?: boolean;
  readonly uid?: boolean;
  readonly uuid?: boolean;
  readonly vm?: boolean;
}

/** What ausearch and aureport take from the records of one event; one object is used again. */
export class EventFacts {
  /** Signed 32 bits; -1 = not given. */
  pid = -1;
  ppid = -1;
  uid: number = NO_ID;
  euid: number = NO_ID;
  auid: number = NO_LOGIN;
  gid: number = NO_ID;
  egid: number = NO_ID;
  session: number = NO_LOGIN;
  uidName: string | undefined;
  euidName: string | undefined;
  auidName: string | undefined;
  /** `AUDIT_ARCH_*`; 0 = not given. */
  arch = 0;
  /** 0 also when there is none. */
  syscall = 0;
  /** First argument of the call, in hex. */
  a0: string | undefined;
  exit: bigint | undefined;
  /** An `Outcome`, or another number that a kernel record gave. */
  success: number = Outcome.unset;
  comm: string | undefined;
  exe: string | undefined;
  terminal: string | undefined;
  host: string | undefined;
  account: string | undefined;
  cwd: string | undefined;
  vm: string | undefined;
  uuid: string | undefined;
  files: FileName[] | undefined;
  keys: string[] | undefined;
  labels: Label[] | undefined;

  /** Makes the object ready for another event. */
  reset(): void {
    this.pid = -1;
    this.ppid = -1;
    this.uid = NO_ID;
    this.euid = NO_ID;
    this.auid = NO_LOGIN;
    this.gid = NO_ID;
    this.egid = NO_ID;
    this.session = NO_LOGIN;
    this.uidName = undefined;
    this.euidName = undefined;
    this.auidName = undefined;
    this.arch = 0;
    this.syscall = 0;
    this.a0 = undefined;
    this.exit = undefined;
    this.success = Outcome.unset;
    this.comm = undefined;
    this.exe = undefined;
    this.terminal = undefined;
    this.host = undefined;
    this.account = undefined;
    this.cwd = undefined;
    this.vm = undefined;
    this.uuid = undefined;
    this.files = undefined;
    this.keys = undefined;
    this.labels = undefined;
  }

  /** Adds a record's security contexts. */
  label(label: Label): void {
    if (this.labels === undefined) this.labels = [label];
    else this.labels.push(label);
  }

  /** Adds a file name. */
  file(name: FileName): void {
    if (this.files === undefined) this.files = [name];
    else this.files.push(name);
  }
}

/** Finds the name of a user: in the interpretation of an ENRICHED record, else in passwd(5). */
export type UserNameSource = (field: "auid" | "euid" | "uid", id: number) => string | undefined;

/** One record being read into the facts of its event. */
export interface Reading {
  readonly cursor: Cursor;
  readonly facts: EventFacts;
  readonly want: Wanted;
  readonly userName: UserNameSource;
  /** Record type. */
  type: number;
}

/** Makes a reading; it is used again for every record. */
export function newReading(want: Wanted, userName: UserNameSource): Reading {
  return { cursor: new Cursor(), facts: new EventFacts(), want, userName, type: 0 };
}
