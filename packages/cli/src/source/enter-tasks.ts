// The tasks that are in a container already, as a dispatcher begins.
import type { Dispatcher } from "@cauditd/dispatcher";
import type { Container } from "@cauditd/kernel";
import { descendantsHere } from "./tasks-here.ts";

/**
 * Puts tasks into their containers, and with real tasks all that descend from them now: a life of a
 * dispatcher has not seen the forks before it.
 * @param tasksOf those that are known to be of a container
 * @param live true when /proc shows these tasks
 */
export function enterTasks(
  dispatcher: Pick<Dispatcher, "containers" | "adopt">,
  tasksOf: (container: Container) => readonly number[],
  live: boolean,
): void {
  // Parents first: what is in a nested container is taken out of the one around it again.
  for (const container of dispatcher.containers) {
    const own = tasksOf(container);
    const all = live ? own.flatMap((pid) => [pid, ...descendantsHere(pid)]) : own;
    for (const pid of all) dispatcher.adopt(container, pid);
  }
}
