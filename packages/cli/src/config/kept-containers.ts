// The containers of a node's last run at its next start, and the tasks that are in containers then.
import { setAside } from "@cauditd/auditd";
import type { Dispatcher } from "@cauditd/dispatcher";
import type { Container, Registration } from "@cauditd/kernel";
import { enterTasks } from "../source/enter-tasks.ts";
import { bootId, seesHostTasks, startOf } from "../source/tasks-here.ts";
import type { Io } from "../terminal/io.ts";
import type { Config } from "./config.ts";
import { type KeptContainer, RegistrationFile, readRegistrations } from "./registration-file.ts";
import { restore } from "./restored.ts";

/** What is kept over a restart. */
export interface KeptContainers {
  /** Those that are registered again, parents first. */
  readonly registrations: readonly Registration[];
  readonly file: RegistrationFile;
  /** The records are of this machine's own tasks, and /proc shows them. */
  readonly live: boolean;
  /** Sets aside the logs of those whose tasks are gone. */
  readonly prepare: () => Promise<void>;
  /**
   * Puts the tasks that run into the registered containers.
   * @returns who registered which container
   */
  readonly enter: (dispatcher: Dispatcher) => ReadonlyMap<Container, string>;
}

/**
 * Reads what the last run of a node has kept.
 * @throws {InputError} when the file is not what was written
 */
export async function keptContainers(
  { logs, source, fresh }: Pick<Config, "logs" | "source" | "fresh">,
  configured: readonly Registration[],
  { log }: Pick<Io, "log">,
): Promise<KeptContainers> {
  const live = source.type === "unix" && seesHostTasks();
  const boot = bootId();
  const known = live ? startOf : undefined;
  const found = await readRegistrations(logs);
  const kept = fresh ? { boot, containers: [] } : found;
  const { containers, over, reasons } = restore(kept, { configured, boot, startOf: known });
  for (const reason of reasons) log.warn({ reason }, "a container is not registered again");
  const file = new RegistrationFile({
    folder: logs,
    boot,
    startOf: known ?? (() => undefined),
    containers,
  });
  return {
    registrations: containers.map(registrationOf),
    file,
    live,
    prepare: async () => {
      for (const name of over) await setAside(logs, name);
      if (containers.length < found.containers.length) await file.save();
    },
    enter: (dispatcher) => enter(dispatcher, containers, live),
  };
}

function registrationOf({ name, contid, parent, tasks: [first] }: KeptContainer): Registration {
  const pid = first?.pid ?? 0;
  return { name, contid, pid, ...(parent === undefined ? {} : { parent }) };
}

function enter(
  dispatcher: Dispatcher,
  kept: readonly KeptContainer[],
  live: boolean,
): ReadonlyMap<Container, string> {
  const owners = new Map<Container, string>();
  const tasks = new Map(kept.map((one) => [one.contid, one.tasks.map(({ pid }) => pid)]));
  enterTasks(dispatcher, ({ contid, pid }) => tasks.get(contid) ?? [pid], live);
  for (const container of dispatcher.containers) {
    const owner = kept.find((one) => one.contid === container.contid)?.owner;
    if (owner !== undefined) owners.set(container, owner);
  }
  return owners;
}
