// The stats of a process, for tests.
import { newScopeAccount } from "@cauditd/kernel";
import type { InstanceStats, ProcessStats, QueueStats } from "../src/stats.ts";

export function instanceStats(given: Partial<InstanceStats> = {}): InstanceStats {
  return {
    name: "web",
    scope: "1001",
    account: newScopeAccount(),
    serial: 0,
    backlog: 0,
    backlogLimit: 8192,
    backlogPeak: 0,
    enabled: 1,
    rules: 1,
    refused: 0,
    log: { size: 0, written: 0, suspended: false },
    ...given,
  };
}

export function queueStats(given: Partial<QueueStats> = {}): QueueStats {
  return { name: "web", scope: "1001", routed: 0, published: 0, lost: 0, held: 0, ...given };
}

export function processStats(given: Partial<ProcessStats> = {}): ProcessStats {
  return {
    role: "node",
    name: "node1",
    host: "node1",
    pid: 1,
    uptime: 0,
    problems: [],
    instances: [],
    queues: [],
    ...given,
  };
}
