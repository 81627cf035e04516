// A small table of keys that processes share: who lives, who owns what.
import { AuditError, Errno } from "@cauditd/libaudit";

/** The largest value of a key, in bytes. */
export const MAX_VALUE_BYTES: number = 512 * 1024;
/** A key: 1 to 64 of A-Z a-z 0-9 _ -. */
export const KEY_PATTERN: RegExp = /^[A-Za-z0-9_-]{1,64}$/;

/** Key of the owner table, in the bucket `owners`. */
export const OWNERS_KEY = "owners";
/** Key of the list of scopes, in the bucket `host`. */
export const SCOPES_KEY = "scopes";

/**
 * The buckets of a host. `workers`: who lives; `owners`: who serves what; `host`: what the
 * dispatcher says; `state`: what instances are set to.
 */
export type BucketKind = "workers" | "owners" | "host" | "state";

/** Name of a bucket of a host. */
export function bucketName(host: string, kind: BucketKind): string {
  return `cauditd_${host}_${kind}`;
}

/** What a key holds. */
export interface KeyEntry {
  readonly value: Uint8Array;
  /** Rises with every change of any key of the store; never used twice. */
  readonly revision: number;
}

/**
 * Keys with values that change only from a known revision, so that of several processes that
 * want the same change one wins. A store may have a time to live: a key that is not written again
 * within it is gone, without anybody being told.
 *
 * Errors of every call: EINVAL (a key that is none, a value over MAX_VALUE_BYTES), ESHUTDOWN after
 * `close`, and ETIMEDOUT when no answer came: whether the change took effect is not known then.
 */
export interface KeyStore {
  /** What the key holds; undefined when it is not there. */
  get(key: string): Promise<KeyEntry | undefined>;
  /** The keys that are there, in order of their names. */
  keys(): Promise<string[]>;
  /** Makes a key that is not there; its revision. Errors: EEXIST. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** Writes a key that still has this revision; its new one. Errors: ESTALE. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  /** Removes a key that still has this revision. Errors: ESTALE. */
  remove(key: string, revision: number): Promise<void>;
  close(): Promise<void>;
}

/** EINVAL unless the key is one. */
export function checkKey(key: string): void {
  if (KEY_PATTERN.test(key)) return;
  const text = `key ${JSON.stringify(key)}: expected 1..64 of A-Z a-z 0-9 _ -`;
  throw new AuditError(Errno.EINVAL, text);
}

/** EINVAL unless the value is within its bound. */
export function checkValue(key: string, value: Uint8Array): void {
  if (value.length <= MAX_VALUE_BYTES) return;
  const text = `key ${key}: ${value.length} bytes, at most ${MAX_VALUE_BYTES}`;
  throw new AuditError(Errno.EINVAL, text);
}

/** The error of a key that is there already. */
export function keyExists(key: string): AuditError {
  return new AuditError(Errno.EEXIST, `create key ${key}: it is there`);
}

/** The error of a key that has changed since the revision that the caller knows. */
export function keyChanged(key: string, revision: number): AuditError {
  return new AuditError(Errno.ESTALE, `key ${key}: it is not at revision ${revision} any more`);
}
