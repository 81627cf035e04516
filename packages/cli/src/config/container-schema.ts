import { CONTAINER_NAME, MAX_CONTAINERS, MAX_DEPTH, type Registration } from "@cauditd/kernel";
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

/** Where problems of a list are told; the path is that of a field in the list. */
export interface ListProblems {
  /** An item is not of the shape. */
  readonly shape: (at: readonly PropertyKey[], error: z.ZodError) => void;
  readonly tell: Tell;
}

/** Tells a file's problems, one on a line, where lines of the file are not known. */
export function problemsOfFile(
  file: string,
  place: readonly PropertyKey[],
  problems: string[],
): ListProblems {
  const tell: Tell = (at, text) => {
    problems.push(`${file}: ${fieldPlace([...place, ...at])}${text}`);
  };
  return {
    tell,
    shape: (at, { issues }) => {
      for (const { path, message } of issues) tell([...at, ...path], message);
    },
  };
}

/**
 * Checks a list of containers: each one by `schema`, then against each other.
 * @returns the containers, parents in front of what is nested in them; none when there is a problem
 */
export function readEntries(
  items: readonly unknown[],
  schema: z.ZodType<ContainerEntry>,
  problems: ListProblems,
): PendingRegistration[] {
  let told = 0;
  const tell: Tell = (at, text) => {
    told++;
    problems.tell(at, text);
  };
  if (items.length > MAX_CONTAINERS) {
    tell([], `${items.length} containers, at most ${MAX_CONTAINERS}`);
    return [];
  }
  const entries = items.map((item, index) => {
    const { data, error } = schema.safeParse(item);
    if (error !== undefined) problems.shape([index], error);
    return data;
  });
  tellRepeats(
    entries.map((entry, index) => entry ?? partOf(items[index])),
    tell,
  );
  const sound = entries.filter((entry) => entry !== undefined);
  if (sound.length < entries.length) return [];
  const contids = new Set(sound.map((entry) => BigInt(entry.contid)));
  sound.forEach(({ parent }, index) => {
    if (parent !== undefined && !contids.has(BigInt(parent))) {
      tell([index, "parent"], `no container has contid ${parent}`);
    }
  });
  return told > 0 ? [] : parentsFirst(sound, tell);
}

/** Tells of a problem; the path is that of a field in the list. */
type Tell = (path: readonly PropertyKey[], text: string) => void;

/** What is sound of an entry that is not. */
function partOf(item: unknown): Partial<ContainerEntry> {
  const { name, contid, pid } = Object(item) as Record<string, unknown>;
  return {
    ...(typeof name === "string" && name !== "" ? { name } : {}),
    ...(typeof contid === "string" && isContid(contid) ? { contid } : {}),
    ...(typeof pid === "number" ? { pid } : {}),
  };
}

function tellRepeats(entries: readonly Partial<ContainerEntry>[], tell: Tell): void {
  for (const field of ["name", "contid", "pid"] as const) {
    const seen = new Map<string, number>();
    entries.forEach((entry, index) => {
      const given = entry[field];
      const value = field === "contid" && given !== undefined ? BigInt(given) : given;
      if (value === undefined) return;
      const first = seen.get(String(value));
      if (first === undefined) seen.set(String(value), index);
      else tell([index, field], `${value} is that of [${first}] already`);
    });
  }
}

function parentsFirst(entries: readonly ContainerEntry[], tell: Tell): PendingRegistration[] {
  const all = entries.map((entry) => pending(entry));
  const ordered: PendingRegistration[] = [];
  const placed = new Set<bigint>();
  let rest = all;
  for (let depth = 1; rest.length > 0; depth++) {
    const ready = rest.filter((item) => item.parent === undefined || placed.has(item.parent));
    const [first] = ready;
    if (first === undefined) {
      tell([all.indexOf(inCircle(rest)), "parent"], "the containers are nested in a circle");
      return [];
    }
    if (depth > MAX_DEPTH) {
      tell([all.indexOf(first), "parent"], `nested more than ${MAX_DEPTH} deep`);
      return [];
    }
    for (const item of ready) placed.add(item.contid);
    ordered.push(...ready);
    rest = rest.filter((item) => !placed.has(item.contid));
  }
  return ordered;
}

/** One of the circle: all of `rest` are in a circle, or nested in one that is. */
function inCircle(rest: readonly PendingRegistration[]): PendingRegistration {
  const byContid = new Map(rest.map((item) => [item.contid, item]));
  let item = rest[0] as PendingRegistration;
  for (let steps = 0; steps < rest.length; steps++) {
    item = byContid.get(item.parent as bigint) as PendingRegistration;
  }
  return item;
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
