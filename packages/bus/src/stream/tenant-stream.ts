// The contract of a tenant's stream: what its instance has accepted, kept for its readers.
import { AuditError, Errno } from "@cauditd/libaudit";
import type { Batch, StoredBatch } from "./batch.ts";

/** How much of a scope's stream is kept; the oldest batches go first. */
export interface StreamLimits {
  /** Bytes, headers included. */
  readonly bytes: number;
  /** Age in ms; 0 = whatever its age. */
  readonly age: number;
}

/** How a scope's stream is kept. */
export interface TenantStreamOptions {
  readonly limits: StreamLimits;
  /** Names of the consumers that remember for their readers how far they are: 1 to 16. */
  readonly consumers: readonly string[];
}

/**
 * The writing end of one scope's stream, held by the owner of the instance. Batches are stored once
 * and in order: each expects the place before it, so that an owner that was replaced and does not
 * know it is refused.
 */
export interface TenantWriter {
  /** The batch stored last, as the stream had it when the writer was opened or wrote it. */
  readonly last: StoredBatch | undefined;
  /** Generation of what was stored last, even if it is not kept any more; 0 = nothing ever was. */
  readonly generation: number;
  /**
   * Batches of this generation follow: the stream knows it, whether any is kept or not. Errors as
   * publish.
   */
  begin(generation: number): Promise<void>;
  /**
   * Stores a batch. One call at a time. Errors: EINVAL, ESTALE when another writer has stored
   * something since, ENOENT when the stream was removed, ETIMEDOUT when no answer came (the call
   * may be made again), ESHUTDOWN.
   */
  publish(batch: Batch): Promise<void>;
  /** This batch is published next: what needs no place of it may begin while another is stored. */
  prepare(batch: Batch): void;
  close(): Promise<void>;
}

/** Streams of the scopes of one host, with the right to make, write and delete them. */
export interface TenantStreams {
  /**
   * Makes the scope's stream when it is not there, and opens its writing end. From then on nothing
   * of a writer that was opened before is stored: what `last` says stays so until this one writes.
   */
  open(scope: string, options: TenantStreamOptions): Promise<TenantWriter>;
  /** How far the consumers of the scope's stream are, in one request; none for no stream. */
  lag(scope: string): Promise<readonly ConsumerLag[]>;
  /** Deletes the stream and everything in it. */
  remove(scope: string): Promise<void>;
  close(): Promise<void>;
}

/** How far the readers of a consumer are behind. */
export interface ConsumerLag {
  readonly name: string;
  /** Batches that none of them has been given. */
  readonly pending: number;
  /** Batches that they have been given, and have not acknowledged. */
  readonly unacknowledged: number;
}

/** A batch in the hands of one reader of several that share a consumer. */
export interface BatchDelivery {
  readonly batch: StoredBatch;
  /** True if a reader may have seen it before. */
  readonly redelivered: boolean;
  /** It is dealt with. Resolves when the server knows, ETIMEDOUT when it does not answer. */
  ack(): Promise<void>;
  /** Another reader, or this one, gets it again at once. */
  release(): void;
}

/** The reading end of one scope's stream. */
export interface TenantReader {
  /**
   * Batches that the stream keeps: places `first` to `last`; `last` is 0 before any. Errors: ENOENT
   * for a stream that is not there, ETIMEDOUT, EACCES.
   */
  bounds(): Promise<{ readonly first: number; readonly last: number }>;
  /**
   * The first batch at or behind a place; undefined when there is none yet. Errors: ETIMEDOUT,
   * EACCES, EBADMSG for what is no batch.
   */
  read(place: number): Promise<StoredBatch | undefined>;
  /**
   * Up to `most` batches (1..64) for this reader of the consumer; none after `wait` ms. What is not
   * acknowledged in time comes again. Errors: ENOENT for a consumer that there is not, ETIMEDOUT,
   * EACCES.
   */
  take(consumer: string, most: number, wait: number): Promise<readonly BatchDelivery[]>;
  close(): Promise<void>;
}

/** The error of a writer that another has replaced. */
export function replacedWriter(scope: string): AuditError {
  const text = `stream of scope ${scope}: another writer has stored something`;
  return new AuditError(Errno.ESTALE, text);
}

/** The error of a consumer that there is not. */
export function noConsumer(scope: string, name: string, cause?: unknown): AuditError {
  const text = `consumer ${name} of scope ${scope}: there is no such consumer`;
  return new AuditError(Errno.ENOENT, text, { cause });
}

/** The error of a stream that somebody has removed. */
export function noStream(scope: string, cause?: unknown): AuditError {
  return new AuditError(Errno.ENOENT, `stream of scope ${scope}: there is none`, { cause });
}
