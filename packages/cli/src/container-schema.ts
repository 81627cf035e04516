import { CONTAINER_NAME, type Registration } from "@cauditd/kernel";
import { CONTID_UNSET, parseContid } from "@cauditd/libaudit";
import { z } from "zod";

/** A contid as users write it: decimal text, so that no JSON or YAML reader rounds it. */
export const contidText: z.ZodString = z
  .string({ error: "expected a contid as decimal text, in quotes" })
  .refine(isContid, { error: "expected a contid: decimal text, 0 to 18446744073709551614" });

/** A container's name: safe as the name of its log's folder. */
export const containerName: z.ZodString = z
  .string({ error: "expected a name" })
  .refine((name) => CONTAINER_NAME.test(name) && name !== "host", {
    error: "expected a name: 1 to 64 letters, digits, `_`, `.` or `-`, and not `host`",
  });

/** A process ID of the initial PID namespace. */
export const pidNumber: z.ZodNumber = z
  .number({ error: "expected a process ID: a number from 1 to 4194304" })
  .int({ error: "expected a process ID: a whole number" })
  .min(1, { error: "expected a process ID from 1" })
  .max(4194304, { error: "expected a process ID up to 4194304" });

function isContid(text: string): boolean {
  const parsed = /^[0-9]{1,20}$/.test(text) ? parseContid(text) : undefined;
  return parsed?.ok === true && parsed.contid !== CONTID_UNSET;
}

/** A container as users write it, after its fields have been checked one by one. */
export interface ContainerEntry {
  readonly name: string;
  readonly contid: string;
  readonly pid?: number | undefined;
  readonly parent?: string | undefined;
}

/** A Registration whose pid may be known only later. */
export type PendingRegistration = Omit<Registration, "pid"> & { readonly pid?: number };

/**
 * Checks the containers against each other and puts parents in front of what is nested in them.
 * @param label stands in front of every problem: the file, and the place of the list in it
 * @param problems receives one line for each problem; the result is empty then
 */
export function orderContainers(
  label: string,
  entries: readonly ContainerEntry[],
  problems: string[],
): PendingRegistration[] {
  const before = problems.length;
  for (const field of ["name", "contid", "pid"] as const) {
    const seen = new Map<string, number>();
    entries.forEach((entry, index) => {
      const value = field === "contid" ? BigInt(entry.contid) : entry[field];
      if (value === undefined) return;
      const first = seen.get(String(value));
      if (first === undefined) seen.set(String(value), index);
      else problems.push(`${label}[${index}].${field}: ${value} is that of [${first}] already`);
    });
  }
  const contids = new Set(entries.map((entry) => BigInt(entry.contid)));
  entries.forEach(({ parent }, index) => {
    if (parent !== undefined && !contids.has(BigInt(parent))) {
      problems.push(`${label}[${index}].parent: no container has contid ${parent}`);
    }
  });
  return problems.length > before ? [] : parentsFirst(label, entries, problems);
}

function parentsFirst(
  label: string,
  entries: readonly ContainerEntry[],
  problems: string[],
): PendingRegistration[] {
  const ordered: PendingRegistration[] = [];
  const placed = new Set<bigint>();
  let rest = entries.map((entry) => pending(entry));
  while (rest.length > 0) {
    const ready = rest.filter((item) => item.parent === undefined || placed.has(item.parent));
    if (ready.length === 0) {
      const contid = rest[0]?.contid;
      const index = entries.findIndex((entry) => BigInt(entry.contid) === contid);
      problems.push(`${label}[${index}].parent: the containers are nested in a circle`);
      return [];
    }
    for (const item of ready) placed.add(item.contid);
    ordered.push(...ready);
    rest = rest.filter((item) => !placed.has(item.contid));
  }
  return ordered;
}

function pending(entry: ContainerEntry): PendingRegistration {
  return {
    name: entry.name,
    contid: BigInt(entry.contid),
    ...(entry.pid === undefined ? {} : { pid: entry.pid }),
    ...(entry.parent === undefined ? {} : { parent: BigInt(entry.parent) }),
  };
}

/** A field's place in a document: `[2].pid: `, `source.rate: `, or nothing. */
export function fieldPlace(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? String(part) : `.${String(part)}`;
  }
  return text === "" ? "" : `${text}: `;
}
