import { instanceStats } from "@cauditd/auditd";
import { queueStats } from "@cauditd/dispatcher";
import type { ProcessStats } from "@cauditd/operations";
import { failures } from "../services/service-stats.ts";
import type { LiveSource } from "../source/live-source.ts";
import type { Node } from "./node.ts";

/** What a node tells of itself, under the host's name. */
export function nodeStats(
  node: Node,
  host: string,
  { problem }: Pick<LiveSource, "problem"> = {},
): ProcessStats {
  const instances = node.scopes.map(({ instance }) => instanceStats(instance));
  const queues = node.scopes.map(({ queue, instance }) => queueStats(instance.name, queue));
  const { captured, malformed, eoe, records, events, open } = node.dispatcher.account;
  return {
    role: "node",
    name: host,
    host,
    pid: process.pid,
    uptime: Math.floor(process.uptime()),
    problems: [...(problem === undefined ? [] : [problem]), ...failures([...queues, ...instances])],
    instances,
    queues,
    source: { captured, malformed, eoe, records, events, open },
  };
}
