// An event as a sentence: who did what to what, how, and with what result.
import type { EventCursor, FieldPlace } from "./event-cursor.ts";
import type { ValueReader } from "./value-reader.ts";

/** Where the parts of the sentence are in the event, and the words that are in none. */
export interface NormalForm {
  eventKind: string | undefined;
  session: FieldPlace | undefined;
  subject: FieldPlace | undefined;
  /** The subject under another name: its uid. */
  alias: FieldPlace | undefined;
  subjectKind: string | undefined;
  subjectLabel: FieldPlace | undefined;
  action: string | undefined;
  result: FieldPlace | undefined;
  object: FieldPlace | undefined;
  objectDetail: FieldPlace | undefined;
  /** A second object: where something went to. */
  object2: FieldPlace | undefined;
  objectLabel: FieldPlace | undefined;
  objectKind: string;
  how: string | undefined;
  key: FieldPlace | undefined;
}

/** A sentence without words. */
export function newNormalForm(): NormalForm {
  return {
    eventKind: undefined,
    session: undefined,
    subject: undefined,
    alias: undefined,
    subjectKind: undefined,
    subjectLabel: undefined,
    action: undefined,
    result: undefined,
    object: undefined,
    objectDetail: undefined,
    object2: undefined,
    objectLabel: undefined,
    objectKind: "unknown",
    how: undefined,
    key: undefined,
  };
}

/** The part of a sentence that is a place in the event. */
export type PlacePart = {
  [Part in keyof NormalForm]: FieldPlace | undefined extends NormalForm[Part]
    ? NormalForm[Part] extends FieldPlace | undefined
      ? Part
      : never
    : never;
}[keyof NormalForm];

/** An event that is being put into words. */
export interface Normalizing {
  readonly at: EventCursor;
  readonly form: NormalForm;
  readonly values: ValueReader;
  /** Number of a user's name on this machine. */
  readonly uidOf: (name: string) => number | undefined;
  /** Labels and attributes are asked for, too. */
  readonly all: boolean;
}

/**
 * Looks for a field from the cursor on and makes it a part of the sentence.
 * @param record number that the place gets, whatever record the field was found in: libauparse
 * takes the one that it began in
 * @returns whether it was found
 */
export function note(
  work: Normalizing,
  part: PlacePart,
  name: string,
  record: number = work.at.record,
): boolean {
  if (work.at.find(name) === undefined) return false;
  work.form[part] = { record, field: work.at.field };
  return true;
}

/** The same with the record in which the field was found. */
export function noteHere(work: Normalizing, part: PlacePart, name: string): boolean {
  if (work.at.find(name) === undefined) return false;
  work.form[part] = { record: work.at.record, field: work.at.field };
  return true;
}

/** The text of the field at the cursor. */
export function textHere({ at, values }: Normalizing): string {
  const record = at.records[at.record];
  return record === undefined ? "" : values.text(record, { record: at.record, field: at.field });
}

const UNSET = -1;
const UNKNOWN_ACCOUNT = "unknown-acct";

/** Kind of the account in the field at the cursor. */
export function noteSubjectKind(work: Normalizing): void {
  work.form.subjectKind = subjectKind(work);
}

function subjectKind({ at, values, uidOf }: Normalizing): string {
  const record = at.records[at.record];
  const field = at.current;
  if (record === undefined || field === undefined) return UNKNOWN_ACCOUNT;
  let uid: number | undefined;
  if (values.kind(record, field) === "uid") uid = Number.parseInt(field.value, 10);
  else if (field.name === "acct") {
    uid = uidOf(values.text(record, { record: at.record, field: at.field }));
  }
  if (uid === undefined || Number.isNaN(uid)) return UNKNOWN_ACCOUNT;
  // An int: what is above 2^31 is negative.
  const int = uid | 0;
  if (int === 0) return "privileged-acct";
  if (int === UNSET) return "unset-acct";
  if (int < 1000) return "service-acct";
  return int < 60_000 ? "user-acct" : UNKNOWN_ACCOUNT;
}

/** The subject's uid, and what kind of account that is. */
export function noteAlias(work: Normalizing, record: number): boolean {
  if (!note(work, "alias", "uid", record)) return false;
  noteSubjectKind(work);
  return true;
}

const SHELLS = ["/usr/bin/python", "/usr/bin/sh", "/usr/bin/bash", "/usr/bin/perl"];

/** True for a program that runs scripts: their own name says more. */
export function isShell(exe: string): boolean {
  return SHELLS.some((shell) => exe.startsWith(shell));
}

/**
 * From a field `exe` to the `comm` that stands in front of it, or is somewhere behind.
 * @returns whether there is one
 */
export function toComm({ at }: Normalizing): boolean {
  if (at.field > 0) at.gotoField(at.field - 1);
  else at.first();
  return at.find("comm") !== undefined;
}

/** How it was done: the program, or the script that it ran. */
export function noteProgram(work: Normalizing): void {
  if (work.at.find("exe") === undefined) return;
  work.form.how = textHere(work);
  if (isShell(work.form.how) && toComm(work)) work.form.how = textHere(work);
}
