// The containers that were registered while a node ran: kept for its next start.
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Registration } from "@cauditd/kernel";
import { formatContid } from "@cauditd/libaudit";
import { z } from "zod";
import { InputError } from "../terminal/input-error.ts";
import { containerName, contidText, fieldPlace, pidNumber } from "./container-schema.ts";
import { readText } from "./text-file.ts";

/** Its name in the folder of the logs; no container can have it. */
export const REGISTRATION_FILE = ".registrations.json";

/** A task that was put into a container. */
export interface KeptTask {
  readonly pid: number;
  /** When it began, in clock ticks since the machine did; undefined = not known. */
  readonly start?: string | undefined;
}

/** A container as the file has it. */
export interface KeptContainer {
  readonly name: string;
  readonly contid: bigint;
  readonly parent?: bigint | undefined;
  /** The principal that registered it. */
  readonly owner: string;
  /** The task it was registered with, and those that entered it later; at least one. */
  readonly tasks: readonly KeptTask[];
}

const schema = z.strictObject({
  version: z.literal(1, { error: "expected 1" }),
  boot: z.string({ error: "expected the machine's boot id" }).max(64),
  containers: z.array(
    z.strictObject({
      name: containerName,
      contid: contidText,
      parent: contidText.optional(),
      owner: z.string({ error: "expected the name of a principal" }).min(1).max(64),
      tasks: z
        .array(z.strictObject({ pid: pidNumber, start: z.string().max(20).optional() }))
        .min(1, { error: "expected at least one task" }),
    }),
    { error: "expected a list of containers" },
  ),
});

/** What the file says of a machine's life. */
export interface Kept {
  /** The machine's boot id when it was written. */
  readonly boot: string;
  /** Parents in front of those nested in them. */
  readonly containers: readonly KeptContainer[];
}

/**
 * Reads the file of a folder; nothing when there is none.
 * @throws {InputError} with every problem, when it cannot be read or is not what was written
 */
export async function readRegistrations(folder: string): Promise<Kept> {
  const path = join(folder, REGISTRATION_FILE);
  let value: unknown;
  try {
    value = JSON.parse(await readText(path));
  } catch (cause) {
    const { code } = ((cause as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { boot: "", containers: [] };
    if (cause instanceof InputError) throw cause;
    throw new InputError([`${path}: ${(cause as Error).message}`], { cause });
  }
  const { data, error } = schema.safeParse(value);
  if (data === undefined) {
    throw new InputError(
      error.issues.map((issue) => `${path}: ${fieldPlace(issue.path)}${issue.message}`),
    );
  }
  const { boot } = data;
  return {
    boot,
    containers: data.containers.map(({ contid, parent, ...rest }) => ({
      ...rest,
      contid: BigInt(contid),
      ...(parent === undefined ? {} : { parent: BigInt(parent) }),
    })),
  };
}

/** What is known of tasks when they are written down. */
export interface RegistrationFileOptions {
  readonly folder: string;
  readonly boot: string;
  /** When a task began. */
  readonly startOf: (pid: number) => string | undefined;
  /** Those of the file that were registered again. */
  readonly containers: readonly KeptContainer[];
}

/** Keeps the file: each change is on the disk when its promise resolves. */
export class RegistrationFile {
  readonly #options: RegistrationFileOptions;
  readonly #containers: Map<bigint, KeptContainer>;
  #written: Promise<void> = Promise.resolve();

  constructor(options: RegistrationFileOptions) {
    this.#options = options;
    this.#containers = new Map(options.containers.map((one) => [one.contid, one]));
  }

  /** Whether a container is kept: a principal has registered it. */
  has(contid: bigint): boolean {
    return this.#containers.has(contid);
  }

  /** A principal has registered a container. */
  async registered(registration: Registration, owner: string): Promise<void> {
    const { name, contid, pid, parent } = registration;
    const tasks = [this.#task(pid)];
    this.#containers.set(contid, { name, contid, parent, owner, tasks });
    await this.#write();
  }

  /** A task has entered a container; nothing is kept of those of the configuration. */
  async adopted(contid: bigint, pid: number): Promise<void> {
    const kept = this.#containers.get(contid);
    if (kept === undefined) return;
    const others = kept.tasks.filter((task) => task.pid !== pid);
    this.#containers.set(contid, { ...kept, tasks: [...others, this.#task(pid)] });
    await this.#write();
  }

  /** A container has ended. */
  async ended(contid: bigint): Promise<void> {
    if (this.#containers.delete(contid)) await this.#write();
  }

  /** Writes what is kept: nothing is left of those that were not registered again. */
  save(): Promise<void> {
    return this.#write();
  }

  #task(pid: number): KeptTask {
    const start = this.#options.startOf(pid);
    return start === undefined ? { pid } : { pid, start };
  }

  /** One write after the other, the last one with everything. */
  #write(): Promise<void> {
    this.#written = this.#written.catch(() => undefined).then(() => this.#replace());
    return this.#written;
  }

  async #replace(): Promise<void> {
    const { folder, boot } = this.#options;
    const path = join(folder, REGISTRATION_FILE);
    if (this.#containers.size === 0) return await rm(path, { force: true });
    const containers = [...this.#containers.values()].map(({ contid, parent, ...rest }) => ({
      ...rest,
      contid: formatContid(contid),
      ...(parent === undefined ? {} : { parent: formatContid(parent) }),
    }));
    const text = `${JSON.stringify({ version: 1, boot, containers }, null, 2)}\n`;
    const fresh = `${path}.new`;
    await synced(fresh, "w", (file) => file.writeFile(text));
    await rename(fresh, path);
    await synced(dirname(path), "r");
  }
}

/** Opens a file or folder, does something with it, and has it on the disk. */
async function synced(
  path: string,
  flags: "r" | "w",
  act: (file: Awaited<ReturnType<typeof open>>) => Promise<void> = async () => undefined,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await act(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
