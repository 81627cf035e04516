// Batches and readers for the tests.
import type { BatchDelivery, StoredBatch, TenantReader } from "@cauditd/bus";

/** A batch with an event of two records for each serial. */
export function batchOf(place: number, serials: readonly number[], generation = 1): StoredBatch {
  const lines = serials.map((serial) => {
    const stamp = `audit(1700000000.${String(serial % 1000).padStart(3, "0")}:${serial})`;
    const call = `type=SYSCALL msg=${stamp}: arch=c000003e syscall=59 comm="sh"`;
    return `${call}\ntype=CWD msg=${stamp}: cwd="/"\n`;
  });
  return {
    generation,
    first: serials[0] as number,
    last: serials.at(-1) as number,
    events: serials.length,
    bytes: Buffer.from(lines.join("")),
    place,
  };
}

/** A reader of batches in memory. Its places may have holes, as those of a real stream have. */
export class ArrayReader implements TenantReader {
  readonly batches: StoredBatch[];
  readonly acknowledged: number[] = [];
  readonly released: number[] = [];
  reads = 0;
  #taken = 0;

  constructor(...batches: StoredBatch[]) {
    this.batches = batches;
  }

  async bounds(): Promise<{ first: number; last: number }> {
    return { first: this.batches[0]?.place ?? 1, last: this.batches.at(-1)?.place ?? 0 };
  }

  async read(place: number): Promise<StoredBatch | undefined> {
    this.reads++;
    return this.batches.find((batch) => batch.place >= place);
  }

  async take(_consumer: string, most: number): Promise<readonly BatchDelivery[]> {
    const taken = this.batches.slice(this.#taken, this.#taken + most);
    this.#taken += taken.length;
    return taken.map((batch) => ({
      batch,
      redelivered: false,
      ack: async () => {
        this.acknowledged.push(batch.place);
      },
      release: () => {
        this.released.push(batch.place);
      },
    }));
  }

  async close(): Promise<void> {}
}
