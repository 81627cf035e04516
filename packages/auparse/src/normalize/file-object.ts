// Which file an event of several records is about. Source: libauparse 3.0.9, set_file_object.
import { RecordType as T } from "@cauditd/libaudit/vocabulary";
import { type Normalizing, note } from "./normal-form.ts";

/** Where something went to: the name in a PATH record behind the usual place. */
export function secondObject(work: Normalizing, adjust: number): void {
  work.at.goto(2 + adjust);
  work.at.firstField();
  note(work, "object2", "name", 2 + adjust);
}

/** Kinds of files, by the type in their mode. */
const MODES: ReadonlyMap<number, string> = new Map([
  [0o100000, "file"],
  [0o040000, "directory"],
  [0o020000, "character-device"],
  [0o060000, "block-device"],
  [0o010000, "fifo"],
  [0o120000, "symlink"],
  [0o140000, "socket"],
]);

/** The PATH record of the file itself; that of its folder where there is no other. */
export function fileObject(work: Normalizing, adjust: number): void {
  const { at, form } = work;
  at.goto(2 + adjust);
  at.firstField();
  let parent = 0;
  let nametype: string | undefined;
  do {
    nametype = at.find("nametype");
    if (nametype === undefined || nametype !== "PARENT") break;
    if (parent === 0) parent = at.record;
  } while (at.nextRecord());
  if (nametype === undefined) {
    if (parent === 0) return;
    at.goto(parent);
    at.firstField();
  }
  const { record } = at;
  if (at.type !== T.PATH) return;
  at.firstField();
  note(work, "object", "name", record);
  note(work, "objectDetail", "inode", record);
  const mode = at.find("mode");
  if (mode === undefined) return;
  const kind = MODES.get(Number.parseInt(mode, 8) & 0o170000);
  if (kind !== undefined) form.objectKind = kind;
}

/** The label of the file, when it is asked for. */
export function fileAttributes(work: Normalizing): void {
  if (!work.all) return;
  const { at } = work;
  let parent = 0;
  at.first();
  do {
    if (at.type !== T.PATH) continue;
    if (at.find("nametype") === "PARENT") {
      if (parent === 0) parent = at.record;
      continue;
    }
    pathAttributes(work);
    return;
  } while (at.nextRecord());
  if (parent > 0) {
    at.goto(parent);
    pathAttributes(work);
  }
}

/** The label of the file whose PATH record this is. */
export function pathAttributes(work: Normalizing): void {
  const { at, form } = work;
  const { record } = at;
  at.firstField();
  if (at.find("mode") === undefined) {
    at.goto(record);
    return;
  }
  while (at.nextField()) {
    if (at.current?.name === "obj") form.objectLabel ??= { record, field: at.field };
  }
}
