import type { Header } from "./header.ts";

/** Why an event was taken to be complete. */
export const EventEnd = {
  /** An end-of-event record came. */
  eoe: "eoe",
  /** Its last record is the PROCTITLE that the kernel writes last. */
  proctitle: "proctitle",
  /** Its record type is complete on its own. */
  single: "single",
  /** A record of the same node is two seconds or more away in event time. */
  timeout: "timeout",
  /** Too many events were waiting, or the event itself grew too large. */
  evicted: "evicted",
  /** The input is over, or the source has gone quiet. */
  flushed: "flushed",
} as const;
export type EventEnd = (typeof EventEnd)[keyof typeof EventEnd];

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * All records of one (node, second, millisecond, serial), as offsets into buffers. The parser
 * owns the object and uses it again: a sink that keeps anything must copy it.
 */
export class AuditEvent {
  /** Node name, "" when the records carry none. */
  node = "";
  /** Small number that stands for the node name within one parser. */
  nodeId = 0;
  /** Seconds since the epoch, 0 to 4294967295. */
  sec = 0;
  /** Milliseconds, 0 to 999. */
  milli = 0;
  serial = 0;
  /** How many records; the arrays below may be longer. */
  count = 0;
  /** Bytes of all records, without newlines. */
  bytes = 0;
  end: EventEnd = EventEnd.flushed;
  /** Records of this event came out before: they were separated from it by its early end. */
  late = false;
  /** An end-of-event record was seen (it is not among the records). */
  eoe = false;
  readonly types: number[] = [];
  readonly buffers: Buffer[] = [];
  /** First byte of each record's line. */
  readonly starts: number[] = [];
  /** One past the last byte of each record's line. */
  readonly ends: number[] = [];
  /** First byte of each record's body. */
  readonly bodies: number[] = [];
  /** First byte of each record's serial. */
  readonly serialStarts: number[] = [];
  /** One past the last digit of each record's serial. */
  readonly serialEnds: number[] = [];

  /** Milliseconds since the epoch. */
  get time(): number {
    return this.sec * 1000 + this.milli;
  }

  /** The index of the first record of a type, or -1. */
  indexOf(type: number): number {
    for (let i = 0; i < this.count; i++) if (this.types[i] === type) return i;
    return -1;
  }

  /** The line of record `index`, as a copy. */
  line(index: number): Buffer {
    const buf = this.buffers[index] as Buffer;
    return Buffer.from(buf.subarray(this.starts[index], this.ends[index]));
  }

  /** Adds a record that the header scan has just described. */
  add(head: Header, buf: Buffer, start: number, end: number): void {
    const i = this.count++;
    this.types[i] = head.type;
    this.buffers[i] = buf;
    this.starts[i] = start;
    this.ends[i] = end;
    this.bodies[i] = head.body;
    this.serialStarts[i] = head.serialStart;
    this.serialEnds[i] = head.serialEnd;
    this.bytes += end - start;
  }

  /** Copies the records into a buffer of the event's own, so that no input chunk is kept. */
  own(): void {
    let copy: Buffer | undefined;
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      copy ??= Buffer.allocUnsafe(this.bytes);
      const buf = this.buffers[i] as Buffer;
      const start = this.starts[i] as number;
      const end = this.ends[i] as number;
      buf.copy(copy, at, start, end);
      const shift = at - start;
      this.buffers[i] = copy;
      this.starts[i] = at;
      this.ends[i] = end + shift;
      this.bodies[i] = (this.bodies[i] as number) + shift;
      this.serialStarts[i] = (this.serialStarts[i] as number) + shift;
      this.serialEnds[i] = (this.serialEnds[i] as number) + shift;
      at += end - start;
    }
  }

  /** Makes the object ready for another event. */
  reset(node: string, nodeId: number, head: Header): void {
    this.node = node;
    this.nodeId = nodeId;
    this.sec = head.sec;
    this.milli = head.milli;
    this.serial = head.serial;
    this.count = 0;
    this.bytes = 0;
    this.end = EventEnd.flushed;
    this.late = false;
    this.eoe = false;
  }

  /** Lets go of the input bytes. */
  release(): void {
    for (let i = 0; i < this.buffers.length; i++) this.buffers[i] = EMPTY;
    if (this.buffers.length > 64) this.#shrink();
  }

  #shrink(): void {
    this.types.length = 0;
    this.buffers.length = 0;
    this.starts.length = 0;
    this.ends.length = 0;
    this.bodies.length = 0;
    this.serialStarts.length = 0;
    this.serialEnds.length = 0;
  }
}
