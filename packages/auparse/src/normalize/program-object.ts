// Programs as objects: one that ran, one that was loaded into the kernel, a reader of records.
import { RecordType as T } from "@cauditd/libaudit/vocabulary";
import { isShell, type Normalizing, noteHere, textHere, toComm } from "./normal-form.ts";

/** A program was loaded into the kernel, or taken out. */
export function bpf(work: Normalizing): string {
  work.at.first();
  const op = work.at.find("op");
  programObject(work);
  work.form.objectKind = "process";
  if (op === undefined) return "bpf-program";
  return op === "LOAD" ? "loaded-bpf-program" : "unloaded-bpf-program";
}

/** A reader of the multicast group came or went. */
export function listener(work: Normalizing): string {
  work.at.first();
  const op = work.at.find("op");
  work.form.objectKind = "socket";
  programObject(work);
  if (op === undefined) return "connected";
  return op === "connect" ? "connected-to" : "disconnected-from";
}

/** The program that did it, or what stands for it. */
export function programObject(work: Normalizing): void {
  const { at } = work;
  at.first();
  if (at.type === T.BPF) noteHere(work, "object", "prog-id");
  else if (at.type === T.EVENT_LISTENER) noteHere(work, "object", "nl-mcgrp");
  else if (at.find("exe") !== undefined) {
    if (isShell(textHere(work))) toComm(work);
    work.form.object = { record: at.record, field: at.field };
  }
}
