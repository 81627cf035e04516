// Which rotated files are kept, beyond what auditd.conf says: by age, by total size, compressed.

/** What the host's configuration asks for; nothing of it is a key of auditd.conf. */
export interface Retention {
  /** Seconds since a rotated file was written last. */
  readonly maxAge?: number;
  /** Bytes of all rotated files together. */
  readonly maxTotal?: number;
  /** Rotated files are compressed. */
  readonly compress?: boolean;
}

/** A rotated file. */
export interface RotatedLog {
  /** 1 is the newest. */
  readonly number: number;
  /** Bytes that it takes up now. */
  readonly size: number;
  /** When it was written last, seconds since 1970. */
  readonly modified: number;
  readonly compressed: boolean;
}

/** What is to be done with rotated files, each by its number. */
export interface RetentionPlan {
  /** Oldest first, so that a crash in between leaves no gap in the numbers. */
  readonly remove: readonly number[];
  /** Newest first. */
  readonly compress: readonly number[];
}

/**
 * Plans what becomes of rotated files. A file goes with all that are older: searches end at the
 * first gap in the numbers (AUD-153). The current log never goes.
 * @param now seconds since 1970
 */
export function planRetention(
  files: readonly RotatedLog[],
  retention: Retention,
  now: number,
): RetentionPlan {
  const { maxAge = Infinity, maxTotal = Infinity, compress = false } = retention;
  const newestFirst = [...files].sort((a, b) => a.number - b.number);
  let total = 0;
  let kept = 0;
  for (const { size, modified } of newestFirst) {
    total += size;
    if (total > maxTotal || now - modified > maxAge) break;
    kept += 1;
  }
  const remove = newestFirst.slice(kept).map(({ number }) => number);
  const plain = newestFirst.slice(0, kept).filter(({ compressed }) => compress && !compressed);
  return { remove: remove.reverse(), compress: plain.map(({ number }) => number) };
}
