import { Packr } from "msgpackr";
import {
  EVENT_WORDS,
  FRAME_VERSION,
  MAX_CHAIN_BYTES,
  MAX_FRAME_EVENTS,
  MAX_FRAME_RECORDS,
  RECORD_WORDS,
} from "./frame.ts";

/** Blob bytes at which a frame is full. */
export const FRAME_TARGET_BYTES: number = 512 * 1024;
/** Blob bytes at which a frame that others wait in front of is full: fewer frames cost less. */
export const FRAME_BEHIND_BYTES: number = 704 * 1024;
/** The most blob bytes of one frame: the rest of the cap is room for the columns. */
export const MAX_FRAME_BLOB: number = 768 * 1024;
/** The most bytes of chain texts of one frame: blob, columns and chains stay below the cap. */
const MAX_FRAME_CHAINS: number = 64 * 1024;
/** Room for lines at first: most scopes are quiet, and their frames are short. */
const FIRST_BLOB_BYTES = 64 * 1024;
/** Room for the small elements of a frame, and for what the packer keeps free at the end. */
const SPARE = 4096;

/** An event as offsets into buffers: what an AuditEvent of auparse is. */
export interface FrameEvent {
  readonly sec: number;
  readonly milli: number;
  readonly serial: number;
  readonly count: number;
  readonly types: ArrayLike<number>;
  readonly buffers: ArrayLike<Buffer>;
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  readonly serialStarts: ArrayLike<number>;
  readonly serialEnds: ArrayLike<number>;
  readonly bytes: number;
}

const NEWLINE = 0x0a;
const packr = new Packr({ useRecords: false });

/**
 * Collects the events of one scope into frames. Lines that stand one behind the other in the input
 * are copied in one go, whichever events they are of: `own` says that the caller's buffers are used
 * again. Holds one unfinished frame of at most MAX_FRAME_BLOB bytes.
 */
export class FrameBuilder {
  readonly scope: string;
  readonly #events = new Uint32Array(EVENT_WORDS * MAX_FRAME_EVENTS);
  #records = new Uint32Array(RECORD_WORDS * 4096);
  #blob: Buffer = Buffer.allocUnsafe(FIRST_BLOB_BYTES);
  #chains: string[] = [""];
  readonly #chainNumbers: Map<string, number> = new Map([["", 0]]);
  #chainBytes = 0;
  #lastChain = "";
  #lastChainNumber = 0;
  #eventCount = 0;
  #recordCount = 0;
  /** Bytes of the lines so far; those of the run are not in the blob yet. */
  #size = 0;
  /** Lines of the input that are copied together, without the last newline; none = undefined. */
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;

  constructor(scope: string) {
    this.scope = scope;
  }

  /** Events in the unfinished frame. */
  get events(): number {
    return this.#eventCount;
  }

  /** Bytes of records in the unfinished frame. */
  get bytes(): number {
    return this.#size;
  }

  /** The frame should be taken now. */
  get full(): boolean {
    return this.isFull(FRAME_TARGET_BYTES);
  }

  /** Whether it has so many bytes of records, or as many events as a frame may have. */
  isFull(bytes: number): boolean {
    return this.#size >= bytes || this.#eventCount === MAX_FRAME_EVENTS;
  }

  /** False when the event would not fit into this frame; it always fits into an empty one. */
  fits(event: FrameEvent): boolean {
    return (
      this.#eventCount < MAX_FRAME_EVENTS &&
      this.#recordCount + event.count <= MAX_FRAME_RECORDS &&
      this.#size + event.bytes + event.count <= MAX_FRAME_BLOB &&
      this.#chainBytes + MAX_CHAIN_BYTES <= MAX_FRAME_CHAINS
    );
  }

  /**
   * Adds an event; call `fits` first. Its bytes may be read until `own`.
   * @param chain the text of its contid chain, trimmed to the scope, at most MAX_CHAIN_BYTES; ""
   *   when it has none
   */
  append(event: FrameEvent, chain: string): void {
    const records = event.count;
    const at = this.#eventCount * EVENT_WORDS;
    const events = this.#events;
    events[at] = event.sec;
    events[at + 1] = event.serial;
    events[at + 2] = event.milli | (records << 16);
    events[at + 3] = chain === this.#lastChain ? this.#lastChainNumber : this.#chain(chain);
    this.#eventCount++;
    this.#reserve(records, event.bytes + records);
    this.#columns(event);
    this.#line(event);
  }

  /** Copies what was only noted: the buffers of the events so far may be used again. */
  own(): void {
    const run = this.#run;
    if (run === undefined) return;
    const end = this.#size - 1;
    run.copy(this.#blob, end - (this.#runEnd - this.#runStart), this.#runStart, this.#runEnd);
    this.#blob[end] = NEWLINE;
    this.#run = undefined;
  }

  /**
   * Encodes the frame and starts an empty one.
   * @param sequence position in the scope's sequence of frames, from 1
   * @param lost events of this scope that were lost in front of this frame
   */
  take(sequence: number, lost: number): Uint8Array {
    this.own();
    const columns = 4 * (this.#eventCount * EVENT_WORDS + this.#recordCount * RECORD_WORDS);
    const chains = this.#chainBytes + 5 * this.#chains.length;
    // One allocation of the right size: by itself the packer takes four times as much.
    packr.useBuffer(Buffer.allocUnsafeSlow(SPARE + chains + columns + this.#size));
    const frame = packr.pack([
      FRAME_VERSION,
      this.scope,
      sequence,
      lost,
      this.#chains,
      column(this.#events, this.#eventCount * EVENT_WORDS),
      column(this.#records, this.#recordCount * RECORD_WORDS),
      this.#blob.subarray(0, this.#size),
    ]);
    this.drop();
    return frame;
  }

  /** Throws the unfinished frame away. */
  drop(): void {
    this.#eventCount = 0;
    this.#recordCount = 0;
    this.#size = 0;
    this.#run = undefined;
    this.#chains = [""];
    this.#chainNumbers.clear();
    this.#chainNumbers.set("", 0);
    this.#chainBytes = 0;
    this.#lastChain = "";
    this.#lastChainNumber = 0;
  }

  #chain(text: string): number {
    let number = this.#chainNumbers.get(text);
    if (number === undefined) {
      number = this.#chains.push(text) - 1;
      this.#chainNumbers.set(text, number);
      this.#chainBytes += text.length;
    }
    this.#lastChain = text;
    this.#lastChainNumber = number;
    return number;
  }

  #columns(event: FrameEvent): void {
    const columns = this.#records;
    let at = this.#recordCount * RECORD_WORDS;
    for (let i = 0; i < event.count; i++) {
      const start = event.starts[i] as number;
      const serial = event.serialStarts[i] as number;
      const digits = (event.serialEnds[i] as number) - serial;
      const length = (event.ends[i] as number) - start;
      columns[at] = event.types[i] as number;
      columns[at + 1] = length | ((serial - start) << 16) | (digits << 28);
      at += RECORD_WORDS;
    }
    this.#recordCount += event.count;
  }

  /** Notes where the event's lines are; those that do not follow the run begin another. */
  #line(event: FrameEvent): void {
    for (let i = 0; i < event.count; i++) {
      const buf = event.buffers[i] as Buffer;
      const start = event.starts[i] as number;
      const end = event.ends[i] as number;
      if (buf !== this.#run || start !== this.#runEnd + 1 || buf[start - 1] !== NEWLINE) {
        this.own();
        this.#run = buf;
        this.#runStart = start;
      }
      this.#runEnd = end;
      this.#size += end - start + 1;
    }
  }

  #reserve(records: number, bytes: number): void {
    const words = (this.#recordCount + records) * RECORD_WORDS;
    if (words > this.#records.length) {
      const grown = new Uint32Array(RECORD_WORDS * MAX_FRAME_RECORDS);
      grown.set(this.#records);
      this.#records = grown;
    }
    if (this.#size + bytes > this.#blob.length) {
      const room = Math.max(2 * this.#blob.length, this.#size + bytes);
      const grown = Buffer.allocUnsafe(Math.min(MAX_FRAME_BLOB, room));
      this.own();
      this.#blob.copy(grown, 0, 0, this.#size);
      this.#blob = grown;
    }
  }
}

function column(words: Uint32Array, length: number): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, length * 4);
}
