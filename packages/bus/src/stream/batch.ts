// What a tenant's stream holds: batches of events as the log has them, and their names.
import { AuditError, Errno } from "@cauditd/libaudit";
import { MAX_FRAME_BYTES, SCOPE_PATTERN } from "../frame/frame.ts";
import { compressed, decompressed } from "../frame/packed.ts";

/** The longest text of a batch, in bytes: a frame of events with longer serials still fits. */
export const MAX_BATCH_BYTES: number = MAX_FRAME_BYTES;
/** The largest serial (u32, as the kernel's). */
const SERIAL_MAX = 0xffffffff;

/** Consecutive events of a scope, as they stand in its log. */
export interface Batch {
  /** Life of the contid, from 1: serials start again in the next one. */
  readonly generation: number;
  /** Serial of the first event. */
  readonly first: number;
  /** Serial of the last event. Serials between that no event has were lost. */
  readonly last: number;
  /** Events in it. */
  readonly events: number;
  /** The lines, each with its newline. */
  readonly bytes: Uint8Array;
}

/** A batch as the stream has it. */
export interface StoredBatch extends Batch {
  /** Its place in the stream, from 1. */
  readonly place: number;
}

const GENERATION = "Cauditd-Generation";
const SERIALS = "Cauditd-Serials";
const EVENTS = "Cauditd-Events";
/** A batch below this many bytes stays text: only one of a stream that has much to do is longer. */
const PACK_MIN = 64 * 1024;
/** Length of the text when it is compressed (RFC 1951). */
const PACKED = "Cauditd-Packed";
const SERIALS_PATTERN = /^([0-9]{1,10})-([0-9]{1,10})$/;
const COUNT_PATTERN = /^[0-9]{1,15}$/;

/** Name of a scope's stream. */
export function tenantStreamName(host: string, scope: string): string {
  return `CAUDITD_${host}_${scope}`;
}

/** Subject of the batches in a scope's stream. */
export function tenantSubject(host: string, scope: string): string {
  return `cauditd.v1.${host}.events.${scope}`;
}

/** Subject of the marks by which a new writer of the stream shuts out the one before it. */
export function ownerSubject(host: string, scope: string): string {
  return `cauditd.v1.${host}.owner.${scope}`;
}

/** Idempotency id of a batch: the same events have the same one, whoever sends them again. */
export function batchId(scope: string, batch: Batch): string {
  return `${scope}.${batch.generation}.${batch.first}-${batch.last}`;
}

/** Header lines of a mark: batches of this generation follow. */
export function generationLines(generation: number): [name: string, value: string][] {
  return [[GENERATION, String(generation)]];
}

/** The generation that a mark tells of, which any client may have written; 0 for none. */
export function readGeneration(lines: { get(name: string): string } | undefined): number {
  const text = lines?.get(GENERATION) ?? "";
  return COUNT_PATTERN.test(text) ? Number(text) : 0;
}

/** Header lines of a batch. */
export function batchLines(batch: Batch): [name: string, value: string][] {
  return [
    [GENERATION, String(batch.generation)],
    [SERIALS, `${batch.first}-${batch.last}`],
    [EVENTS, String(batch.events)],
  ];
}

/** Header lines and bytes by which a batch is stored. */
export interface PackedBatch {
  readonly lines: readonly [name: string, value: string][];
  readonly bytes: Uint8Array;
}

/** A batch as it is stored: compressed, if it is long. */
export async function packedBatch(batch: Batch): Promise<PackedBatch> {
  const lines = batchLines(batch);
  const packed = await compressed(batch.bytes, PACK_MIN);
  if (packed === undefined) return { lines, bytes: batch.bytes };
  return { lines: [...lines, [PACKED, String(batch.bytes.length)]], bytes: packed };
}

/** Reads what any client may have written: undefined unless well formed. */
export function readBatch(
  lines: { get(name: string): string } | undefined,
  stored: Uint8Array,
): Batch | undefined {
  if (lines === undefined || stored.length > MAX_BATCH_BYTES) return undefined;
  const bytes = textOf(lines.get(PACKED), stored);
  if (bytes === undefined) return undefined;
  const [generation, events] = [lines.get(GENERATION), lines.get(EVENTS)];
  const serials = SERIALS_PATTERN.exec(lines.get(SERIALS));
  if (serials === null || !COUNT_PATTERN.test(generation) || !COUNT_PATTERN.test(events)) {
    return undefined;
  }
  const batch = {
    generation: Number(generation),
    first: Number(serials[1]),
    last: Number(serials[2]),
    events: Number(events),
    bytes,
  };
  return batchProblem(batch) === undefined ? batch : undefined;
}

/** The text of a batch; undefined when it is not as long as was said. */
function textOf(length: string, stored: Uint8Array): Uint8Array | undefined {
  if (length === "") return stored;
  const size = COUNT_PATTERN.test(length) ? Number(length) : 0;
  return size < 1 || size > MAX_BATCH_BYTES ? undefined : decompressed(stored, size);
}

/** EINVAL for a batch that no stream takes. */
export function checkBatch(scope: string, batch: Batch): void {
  const problem = SCOPE_PATTERN.test(scope) ? batchProblem(batch) : "expected host or a contid";
  if (problem === undefined) return;
  throw new AuditError(Errno.EINVAL, `batch of scope ${JSON.stringify(scope)}: ${problem}`);
}

function batchProblem({ generation, first, last, events, bytes }: Batch): string | undefined {
  if (!Number.isSafeInteger(generation) || generation < 1) return "a generation from 1 is expected";
  if (![first, last].every((serial) => Number.isInteger(serial) && serial <= SERIAL_MAX)) {
    return "32-bit serials are expected";
  }
  // Serials begin again at 0 behind the largest one.
  const span = (last - first + SERIAL_MAX + 1) % (SERIAL_MAX + 1);
  if (first < 0 || last < 0 || events < 1 || events > span + 1) {
    return `${events} events do not fit into serials ${first} to ${last}`;
  }
  if (bytes.length === 0 || bytes.length > MAX_BATCH_BYTES) {
    return `${bytes.length} bytes, 1 to ${MAX_BATCH_BYTES} are expected`;
  }
  return undefined;
}
