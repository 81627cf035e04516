// Which of the containers of a node's last run are registered again at its next start.
import type { Registration } from "@cauditd/kernel";
import { formatContid } from "@cauditd/libaudit";
import type { Kept, KeptContainer, KeptTask } from "./registration-file.ts";

/** What a restart finds. */
export interface Found {
  /** The containers of the configuration: they come first. */
  readonly configured: readonly Registration[];
  /** The machine's boot id. */
  readonly boot: string;
  /** When a task began; undefined = there is none. Not given: tasks cannot be looked at. */
  readonly startOf?: ((pid: number) => string | undefined) | undefined;
}

/** What is registered again, and why the others are not. */
export interface Restored {
  readonly containers: readonly KeptContainer[];
  /** Names of those whose tasks are gone: their logs are set aside. */
  readonly over: readonly string[];
  /** A line for each that is left out. */
  readonly reasons: readonly string[];
}

/** Decides on every container of the file, parents first. */
export function restore(kept: Kept, found: Found): Restored {
  const names = new Set(found.configured.map(({ name }) => name));
  const contids = new Set(found.configured.map(({ contid }) => contid));
  const containers: KeptContainer[] = [];
  const over: string[] = [];
  const reasons: string[] = [];
  for (const container of kept.containers) {
    const { name, contid, parent } = container;
    const leave = (why: string): void => {
      reasons.push(`${name} (contid ${formatContid(contid)}): ${why}`);
    };
    if (names.has(name) || contids.has(contid)) {
      leave("its name or contid is another container's");
      continue;
    }
    const tasks = kept.boot === found.boot ? living(container.tasks, found.startOf) : [];
    const orphan = parent !== undefined && !contids.has(parent);
    if (tasks.length === 0 || orphan) {
      over.push(name);
      leave(orphan ? "the container around it is gone" : "its tasks are gone");
      continue;
    }
    names.add(name);
    contids.add(contid);
    containers.push({ ...container, tasks });
  }
  return { containers, over, reasons };
}

/** Those that run still: the pid is in use, by a task that began when this one did. */
function living(tasks: readonly KeptTask[], startOf: Found["startOf"]): readonly KeptTask[] {
  if (startOf === undefined) return tasks;
  return tasks.filter(({ pid, start }) => {
    const now = startOf(pid);
    return now !== undefined && (start === undefined || start === now);
  });
}
