import { readFile } from "node:fs/promises";
import { CONTAINER_NAME, type Registration } from "@cauditd/kernel";
import { CONTID_UNSET, parseContid } from "@cauditd/libaudit";
import { z } from "zod";
import { InputError } from "./input-error.ts";

/** The largest file that is read, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

const contid = z
  .string({ error: "expected a contid as decimal text, in quotes" })
  .refine(isContid, { error: "expected a contid: decimal text, 0 to 18446744073709551614" });

const entry = z.object({
  name: z
    .string({ error: "expected a name" })
    .refine((name) => CONTAINER_NAME.test(name) && name !== "host", {
      error: "expected a name: 1 to 64 letters, digits, `_`, `.` or `-`, and not `host`",
    }),
  contid,
  pid: z
    .number({ error: "expected a process ID: a number from 1 to 4194304" })
    .int({ error: "expected a process ID: a whole number" })
    .min(1, { error: "expected a process ID from 1" })
    .max(4194304, { error: "expected a process ID up to 4194304" }),
  parent: contid.optional(),
});
const file = z.array(entry, { error: "expected a list of containers" });

function isContid(text: string): boolean {
  const parsed = /^[0-9]{1,20}$/.test(text) ? parseContid(text) : undefined;
  return parsed?.ok === true && parsed.contid !== CONTID_UNSET;
}

function toContid(text: string): bigint {
  return BigInt(text);
}

/**
 * Reads a containers file: `[{name, contid, pid, parent?}]`, further properties are ignored.
 * @returns the registrations, parents in front of the containers nested in them
 * @throws {InputError} with every problem, each naming the file and the field
 */
export async function readContainers(path: string): Promise<Registration[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw InputError.fromSystem(path, cause);
  }
  if (text.length > MAX_BYTES) throw new InputError([`${path}: larger than ${MAX_BYTES} bytes`]);
  return parseContainers(path, text);
}

/** The same for text that has been read; `path` is named in problems. */
export function parseContainers(path: string, text: string): Registration[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError([`${path}: not JSON: ${(cause as Error).message}`], { cause });
  }
  const parsed = file.safeParse(value);
  if (!parsed.success) {
    throw new InputError(
      parsed.error.issues.map((issue) => `${path}: ${place(issue.path)}${issue.message}`),
    );
  }
  const problems: string[] = [];
  const repeated = (field: "name" | "contid" | "pid"): void => {
    const seen = new Map<string | number, number>();
    parsed.data.forEach((item, index) => {
      const key = field === "contid" ? String(toContid(item.contid)) : item[field];
      const first = seen.get(key);
      if (first === undefined) seen.set(key, index);
      else problems.push(`${path}: [${index}].${field}: ${key} is that of [${first}] already`);
    });
  };
  repeated("name");
  repeated("contid");
  repeated("pid");
  const registrations = parsed.data.map(
    (item): Registration => ({
      name: item.name,
      contid: toContid(item.contid),
      pid: item.pid,
      ...(item.parent === undefined ? {} : { parent: toContid(item.parent) }),
    }),
  );
  const ordered = parentsFirst(path, registrations, problems);
  if (problems.length > 0) throw new InputError(problems);
  return ordered;
}

function place(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "";
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return `${text.join("")}: `;
}

function parentsFirst(
  path: string,
  registrations: readonly Registration[],
  problems: string[],
): Registration[] {
  const contids = new Set(registrations.map((item) => item.contid));
  registrations.forEach((item, index) => {
    if (item.parent !== undefined && !contids.has(item.parent)) {
      problems.push(`${path}: [${index}].parent: no container has contid ${item.parent}`);
    }
  });
  if (problems.length > 0) return [];
  const ordered: Registration[] = [];
  const placed = new Set<bigint>();
  let rest = [...registrations];
  while (rest.length > 0) {
    const ready = rest.filter((item) => item.parent === undefined || placed.has(item.parent));
    if (ready.length === 0) {
      const index = registrations.indexOf(rest[0] as Registration);
      problems.push(`${path}: [${index}].parent: the containers are nested in a circle`);
      return [];
    }
    for (const item of ready) placed.add(item.contid);
    ordered.push(...ready);
    rest = rest.filter((item) => !placed.has(item.contid));
  }
  return ordered;
}
