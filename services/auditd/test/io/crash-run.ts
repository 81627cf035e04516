// An instance on a disk that stops at some step, and its restart over the same queue of frames.
import { AuditdInstance, InstanceLog, type LogSettings } from "@cauditd/auditd";
import type { InstanceOptions } from "@cauditd/kernel";
import { encode, simpleEvents } from "../frames.ts";
import { Told } from "../hand-bus.ts";
import type { ReplayBus } from "../replay-bus.ts";
import type { FaultDisk } from "./fault-disk.ts";

export const LOG = "/var/log/web/audit.log";

/** Frames of scope 4, each with as many events as `sizes` says. */
export function framesOf(sizes: readonly number[]): Uint8Array[] {
  return sizes.map((events, index) => encode("4", index + 1, simpleEvents(events, index * 100)));
}

/** What is in the logs, oldest first, by file name. */
export function logsOf(disk: FaultDisk): Record<string, string> {
  const logs: Record<string, string> = {};
  for (const path of [...disk.names.keys()].sort()) {
    if (path.startsWith(LOG)) logs[path.slice(LOG.length)] = disk.text(path) ?? "";
  }
  return logs;
}

/** All lines of the logs, oldest first. */
export function linesOf(disk: FaultDisk): string[] {
  const logs = logsOf(disk);
  const names = Object.keys(logs).sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
  return names.flatMap((name) => logs[name]?.split(/(?<=\n)/) ?? []);
}

/**
 * One life of the instance: takes what the bus has until all is dealt with or the disk stops.
 * @returns undefined when it could not even start
 */
export async function live(
  disk: FaultDisk,
  bus: ReplayBus,
  settings: LogSettings,
  instance: InstanceOptions = {},
  prepare: (served: AuditdInstance) => void = () => undefined,
): Promise<AuditdInstance | undefined> {
  const told = new Told();
  let log: InstanceLog;
  try {
    log = await InstanceLog.open(LOG, { disk, settings, log: told });
  } catch (error) {
    if (disk.crashed) return undefined;
    throw error;
  }
  const scope = { name: "web", scope: "4" };
  const served = new AuditdInstance({ ...scope, log, told, instance });
  prepare(served);
  bus.dead = () => disk.crashed;
  await served.start(bus);
  await served.reached(bus.last).catch(() => undefined);
  await served.stop().catch(() => undefined);
  return served;
}
