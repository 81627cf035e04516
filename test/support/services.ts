// Dispatcher and workers as processes, with the recorded log of three containers as their source.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Test } from "tap";
import { type Running, start } from "./cauditd.ts";
import { CONTAINERS, contids, LOG } from "./corpus.ts";

/** Names of the instances that the recorded log fills. */
export const NAMES: readonly string[] = ["host", ...contids().keys()];

/** A host whose services share a configuration. */
export interface ServicesHost {
  readonly config: string;
  readonly logs: string;
  /** Starts a worker; resolves when it has begun. */
  worker(name: string): Promise<Running>;
  dispatcher(): Running;
}

/** Writes the configuration of a host for a NATS server; `more` replaces parts of it. */
export function servicesHost(
  t: Test,
  folder: string,
  nats: string,
  ttl = 1,
  more: object = {},
): ServicesHost {
  const config = join(folder, "cauditd.yaml");
  const logs = join(folder, "logs");
  const list = JSON.parse(readFileSync(CONTAINERS, "utf8")) as Record<string, unknown>[];
  const containers = list.map(({ name, contid, pid }) => ({ name, contid, pid }));
  const source = { type: "log", path: LOG };
  const control = { socket: false };
  const all = { logs, host: "h1", nats, worker: { ttl }, source, control, containers, ...more };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(all));
  return {
    config,
    logs,
    async worker(name) {
      const running = start(t, ["auditd", "--config", config, "--name", name]);
      await running.line(/"auditd":/);
      return running;
    },
    dispatcher: () => start(t, ["dispatcher", "--config", config]),
  };
}

/** Bytes of an instance's log; 0 while there is none. */
export function sizeOf(logs: string, name: string): number {
  return statSync(join(logs, name, "audit.log"), { throwIfNoEntry: false })?.size ?? 0;
}

/** Resolves when something is so; the test's timeout is the bound. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(10);
}

/** Resolves when the logs have the lengths of the reference's. */
export async function complete(logs: string, reference: string): Promise<void> {
  await until(() => NAMES.every((name) => sizeOf(logs, name) >= sizeOf(reference, name)));
}

/** The first log that differs from the reference's. */
export function firstDifference(logs: string, reference: string): string | undefined {
  return NAMES.find((name) => {
    const is = readFileSync(join(logs, name, "audit.log"));
    return !is.equals(readFileSync(join(reference, name, "audit.log")));
  });
}
