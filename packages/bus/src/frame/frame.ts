/*
 * Column reading: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { CONTID_TEXT_MAX } from "@cauditd/libaudit";
import { Unpackr } from "msgpackr";
import { decompressed, PACKED_VERSION } from "./packed.ts";

/** The frame format that this code writes and the only one that it reads. */
export const FRAME_VERSION = 1;
/** The largest encoded frame, in bytes: NATS takes 1 MiB with its headers. */
export const MAX_FRAME_BYTES: number = 1024 * 1024 - 4096;
/** The most events in one frame. */
export const MAX_FRAME_EVENTS = 2048;
/** The most records in one frame. */
export const MAX_FRAME_RECORDS = 16384;
/** The longest chain text, in bytes: the longest that is read from a record. */
export const MAX_CHAIN_BYTES: number = CONTID_TEXT_MAX;
/** The name of a scope on the bus: `host`, or the decimal contid. */
export const SCOPE_PATTERN: RegExp = /^(?:host|[0-9]{1,20})$/;

/** 32-bit words per event: seconds; serial; milliseconds + records << 16; chain number. */
export const EVENT_WORDS = 4;
/** 32-bit words per record: type; length + offset of the serial << 16 + its digits << 28. */
export const RECORD_WORDS = 2;

/**
 * A batch of events for one scope. On the wire: a msgpack array of eight elements in the order
 * of the properties below, the columns as little-endian 32-bit words in a bin.
 */
export interface Frame {
  readonly version: number;
  /** The scope that the events were routed to. */
  readonly scope: string;
  /** Position in the scope's sequence of frames, from 1 without gaps. */
  readonly sequence: number;
  /** Events of this scope that were lost in front of this frame because the queue was full. */
  readonly lost: number;
  /** Chain texts that the events refer to, trimmed to the scope; number 0 is always "". */
  readonly chains: readonly string[];
  /** EVENT_WORDS for each event. */
  readonly events: Uint32Array;
  /** RECORD_WORDS for each record, in the order of the events. */
  readonly records: Uint32Array;
  /** The records' lines, each with its newline: a view of the received bytes. */
  readonly blob: Buffer;
}

/** What is wrong with bytes that should have been a frame. */
export class FrameError extends Error {
  /** The element that failed its check. */
  readonly element: string;

  constructor(element: string, problem: string, options?: ErrorOptions) {
    super(`frame: ${element}: ${problem}`, options);
    this.name = "FrameError";
    this.element = element;
  }
}

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: "bigint" });
const CHAIN_PATTERN = /^[0-9]{1,20}(?:,\^?[0-9]{1,20})*$/;
const NEWLINE = 0x0a;
const COLON = 0x3a;
const CLOSE = 0x29;

/**
 * Decodes and checks a frame, packed or not, element by element. `blob` may be a view of `bytes`:
 * copy what is kept.
 * @throws {FrameError} naming the element, for anything that encodeFrame cannot have made
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > MAX_FRAME_BYTES) {
    throw new FrameError("size", `${bytes.length} bytes, at most ${MAX_FRAME_BYTES}`);
  }
  const outer = elements(bytes);
  const parts = outer.length === 3 ? elements(unpacked(outer)) : outer;
  if (parts.length !== 8) {
    throw new FrameError("shape", "an array of eight elements was expected");
  }
  const [version, scope, sequence, lost, chains, events, records, blob] = parts;
  if (version !== FRAME_VERSION) {
    const found = typeof version === "number" ? version : typeof version;
    throw new FrameError("version", `${found}, only ${FRAME_VERSION} is known`);
  }
  if (typeof scope !== "string" || !SCOPE_PATTERN.test(scope)) {
    throw new FrameError("scope", "`host` or a decimal contid was expected");
  }
  const frame: Frame = {
    version: FRAME_VERSION,
    scope,
    sequence: count("sequence", sequence, 1),
    lost: count("lost", lost, 0),
    chains: chainTexts(chains),
    events: words("events", events, EVENT_WORDS, MAX_FRAME_EVENTS),
    records: words("records", records, RECORD_WORDS, MAX_FRAME_RECORDS),
    blob: bin("blob", blob),
  };
  checkColumns(frame);
  return frame;
}

function elements(bytes: Uint8Array): readonly unknown[] {
  let parts: unknown;
  try {
    // A Buffer in gives Buffers out.
    parts = unpackr.unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw undecodable(error);
  }
  return Array.isArray(parts) ? parts : [];
}

/** The frame in a packed one; what is packed twice is none. */
function unpacked([version, length, packed]: readonly unknown[]): Buffer {
  if (version !== PACKED_VERSION) throw new FrameError("shape", "three elements, not packed");
  const size = count("length", length, 1);
  if (size > MAX_FRAME_BYTES) {
    throw new FrameError("length", `${size} bytes, at most ${MAX_FRAME_BYTES}`);
  }
  const frame = decompressed(bin("packed", packed), size);
  if (frame === undefined) throw new FrameError("packed", `${size} bytes were expected in it`);
  return frame;
}

function undecodable(cause: unknown): FrameError {
  return new FrameError("encoding", "no msgpack was found", { cause });
}

function count(element: string, value: unknown, least: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
    throw new FrameError(element, `a whole number from ${least} was expected`);
  }
  return value;
}

function chainTexts(value: unknown): string[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_FRAME_EVENTS + 1) {
    throw new FrameError("chains", `1 to ${MAX_FRAME_EVENTS + 1} texts were expected`);
  }
  for (let i = 0; i < value.length; i++) {
    const text: unknown = value[i];
    if (i === 0 && text === "") continue;
    if (
      typeof text !== "string" ||
      i === 0 ||
      text.length > MAX_CHAIN_BYTES ||
      !CHAIN_PATTERN.test(text)
    ) {
      throw new FrameError("chains", `number ${i} is no contid chain`);
    }
  }
  return value as string[];
}

function bin(element: string, value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) throw new FrameError(element, "bytes were expected");
  return value;
}

/** Copies a column out of the frame: its bytes may stand at an odd address. */
function words(element: string, value: unknown, size: number, most: number): Uint32Array {
  const bytes = bin(element, value);
  if (bytes.length % (4 * size) !== 0 || bytes.length > 4 * size * most) {
    throw new FrameError(element, `at most ${most} entries of ${4 * size} bytes were expected`);
  }
  const column = new Uint32Array(bytes.length / 4);
  bytes.copy(new Uint8Array(column.buffer));
  return column;
}

/** The columns agree with each other and with the blob. */
function checkColumns(frame: Frame): void {
  const { events, records, blob, chains } = frame;
  let total = 0;
  for (let e = 0; e < events.length; e += EVENT_WORDS) {
    const packed = events[e + 2] as number;
    if ((packed & 0xffff) > 999) throw new FrameError("events", "milliseconds above 999");
    if (packed >>> 16 === 0) throw new FrameError("events", "an event without records");
    if ((events[e + 3] as number) >= chains.length) {
      throw new FrameError("events", "a chain number that is not in chains");
    }
    total += packed >>> 16;
  }
  if (total * RECORD_WORDS !== records.length) {
    throw new FrameError("records", `${records.length / RECORD_WORDS}, events say ${total}`);
  }
  let at = 0;
  for (let r = 1; r < records.length; r += RECORD_WORDS) {
    const packed = records[r] as number;
    const end = at + (packed & 0xffff);
    const serial = at + ((packed >>> 16) & 0xfff);
    const close = serial + (packed >>> 28);
    if (close >= end || close - serial < 1 || close - serial > 10) {
      throw new FrameError("records", `record ${r >> 1} has no room for its serial`);
    }
    if (blob[serial - 1] !== COLON || blob[close] !== CLOSE) {
      throw new FrameError("blob", `record ${r >> 1} has no serial where it should`);
    }
    if (blob.indexOf(NEWLINE, at) !== end) {
      throw new FrameError("blob", `record ${r >> 1} does not end where it should`);
    }
    at = end + 1;
  }
  if (at !== blob.length) {
    throw new FrameError("blob", `${blob.length} bytes, the records say ${at}`);
  }
}
