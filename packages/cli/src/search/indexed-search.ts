import { dirname } from "node:path";
import type { Header } from "@cauditd/auparse";
import {
  AuditEvent,
  type Query,
  RecordLines,
  type RunPlace,
  RunReplay,
  type ScanBounds,
  type SearchEventSink,
  type SearchPlan,
} from "@cauditd/auparse/search";
import { IndexedLog, removeOldIndexes } from "./index-store.ts";

/**
 * Searches logs by their indexes: reads the records of those events only that may be what is
 * searched, and tells of them in the order of a search that reads everything.
 * @returns false when the sink had enough
 */
export function searchIndexed(
  paths: readonly string[],
  query: Query & ScanBounds,
  plan: SearchPlan,
  sink: SearchEventSink,
): boolean {
  const logs: IndexedLog[] = [];
  try {
    for (const path of paths) logs.push(new IndexedLog(path, query));
    removeOldIndexes(dirname(paths[0] ?? ""), new Set(logs.map(({ indexName }) => indexName)));
    const event = new AuditEvent();
    const replay = new RunReplay(query, plan, (runs) => {
      event.count = 0;
      for (const place of runs) addRun(event, logs[place.log] as IndexedLog, place);
      const more = event.count === 0 || sink(event);
      event.release();
      return more;
    });
    for (const [log, { segments }] of logs.entries()) {
      for (const segment of segments) replay.add(log, segment, plan.marks(segment));
    }
    replay.end();
    return !replay.done;
  } finally {
    for (const log of logs) log.close();
  }
}

/** Reads the records of one run; other lines between them are left out. */
function addRun(event: AuditEvent, log: IndexedLog, { segment, run }: RunPlace): void {
  const { sec, serial, milliNode } = segment.columns;
  const packed = milliNode[run] as number;
  const node = segment.nodes[packed >>> 10] as string;
  const lines = new RecordLines((head: Header, buf, start, end) => {
    const own = head.sec === sec[run] && head.serial === serial[run];
    if (!own || head.milli !== (packed & 1023)) return;
    if (buf.toString("latin1", head.nodeStart, head.nodeEnd) !== node) return;
    if (event.count === 0) event.reset(node, 0, head);
    event.add(head, buf, start, end);
  });
  lines.push(log.run(segment, run));
  lines.end();
}
