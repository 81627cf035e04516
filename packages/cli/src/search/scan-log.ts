import type { EventScan } from "@cauditd/auparse/search";
import { ChunkPool } from "../source/chunk-pool.ts";
import { CHUNK_BYTES, LogSource } from "../source/log-source.ts";

/**
 * Reads a log from its first byte to its last into a scan, or until the scan wants no more.
 * @param between called behind each piece: nothing may be kept then of bytes that came out of the
 * scan; false = stop
 */
export async function scanLog(log: string, scan: EventScan, between: () => boolean): Promise<void> {
  const source = await LogSource.open(log);
  const pool = new ChunkPool(CHUNK_BYTES, (memory) => scan.holds(memory));
  try {
    for await (const chunk of source.chunks(() => pool.take())) {
      scan.push(chunk);
      if (!between() || scan.done) break;
    }
  } finally {
    await source.close();
  }
  scan.endLog();
}
