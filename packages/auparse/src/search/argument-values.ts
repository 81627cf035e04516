import { archName, archNumber, errnoNumber, recordTypeEntries } from "@cauditd/libaudit/vocabulary";
import type { OutputFormat } from "./query.ts";
import { signed64, unsigned32 } from "./text.ts";

/** The last type that ausearch 3.0.9 lists. */
const LAST_TYPE = 2599;

/** What is wrong with the arguments, in ausearch's words. */
export class ArgumentError extends Error {}

/** Whether ausearch can print like this. */
export function isFormat(text: string): text is OutputFormat {
  return ["csv", "default", "interpret", "raw", "text"].includes(text);
}

/** Arguments are compared with records byte for byte. */
export function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A user or session; a negative number is the one that C makes of it. */
export function signedId(value: string): number {
  const number = value.startsWith("-") ? signed64(value) : undefined;
  if (number !== undefined) return Number(BigInt.asUintN(32, number));
  return unsigned32(value, 0, value.length);
}

/** The exit code of a call: a number, or an errno's name with or without a minus in front. */
export function exitOf(value: string): bigint {
  if (/^-?\d/.test(value)) {
    const exit = signed64(value);
    if (exit === undefined) throw new ArgumentError(`Error converting ${value}`);
    return exit;
  }
  const errno = errnoNumber(value.replace(/^-/, ""));
  if (errno === undefined) throw new ArgumentError(`Unknown errno, was ${value}`);
  return BigInt(value.startsWith("-") ? -errno : errno);
}

/** A contid in decimal or hex; a negative number is one that C printed with a sign. */
export function contidOf(value: string): bigint {
  if (/^(?:0x[0-9a-f]+|-?\d+)$/i.test(value)) {
    const contid = BigInt(value);
    if (contid >= -(1n << 63n) && contid < 1n << 64n) return BigInt.asUintN(64, contid);
  }
  throw new ArgumentError(`--contid: expected a container identifier, was ${value}`);
}

/** The machine of `x86_64`, `b32`, or the hex number of an architecture. */
export function machineNamed(text: string, own: number): string | undefined {
  const word = text.toLowerCase();
  const ownName = archName(own);
  if (word === "b64") return ownName;
  if (word === "b32") return narrow[ownName ?? ""] ?? ownName;
  const arch = archNumber(text) ?? Number.parseInt(text, 16);
  return Number.isNaN(arch) ? undefined : archName(arch);
}

/** The 32-bit machine beside a 64-bit one. */
const narrow: Readonly<Record<string, string | undefined>> = {
  x86_64: "i386",
  ppc64: "ppc",
  s390x: "s390",
  aarch64: "arm",
};

/** ausearch's complaint about a record type. */
export function validTypes(): string {
  const names: string[] = [];
  for (const [name, number] of recordTypeEntries()) {
    const shown = number === 1005 || number === 1006 || number >= 1100;
    if (shown && number <= LAST_TYPE) names.push(name);
  }
  return `Valid message types are: ALL ${names.join(" ")} `;
}
