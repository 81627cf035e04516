import type { AuditEvent } from "../event.ts";
import { ENRICHMENT_SEPARATOR } from "../fields.ts";
import type { LocalClock } from "./time.ts";

const NEWLINE: Buffer = Buffer.from("\n", "latin1");
const SEPARATOR: Buffer = Buffer.from([ENRICHMENT_SEPARATOR]);
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Takes the bytes `[start, end)` of a buffer, which do not change any more. */
export type BytesSink = (buf: Buffer, start: number, end: number) => void;

/**
 * Prints events as they stand in the log (`--raw`). When one line of an event is ENRICHED,
 * ausearch ends those that are not with the separator; so do we. Lines come with the newline that
 * stands behind them, so that what is together in the log can be written together.
 */
export class RawPrinter {
  readonly #sink: BytesSink;
  /** Whether there is any separator in a buffer; most lines share theirs with thousands. */
  readonly #enriched: WeakMap<Buffer, boolean> = new WeakMap();
  #last: Buffer | undefined;
  #lastEnriched = false;

  constructor(sink: BytesSink) {
    this.#sink = sink;
  }

  /** Prints one event. */
  print(event: AuditEvent): void {
    const { buffers, starts, ends, count } = event;
    let enriched = false;
    for (let i = 0; i < count && !enriched; i++) enriched = this.#isEnriched(event, i);
    for (let i = 0; i < count; i++) {
      const buf = buffers[i] as Buffer;
      const end = ends[i] as number;
      const separated = !enriched || this.#isEnriched(event, i);
      const whole = separated && buf[end] === NEWLINE[0];
      this.#sink(buf, starts[i] as number, whole ? end + 1 : end);
      if (whole) continue;
      if (!separated) this.#sink(SEPARATOR, 0, 1);
      this.#sink(NEWLINE, 0, 1);
    }
  }

  #isEnriched({ buffers, starts, ends }: AuditEvent, index: number): boolean {
    const buf = buffers[index] as Buffer;
    if (buf !== this.#last) {
      this.#last = buf;
      this.#lastEnriched = this.#enriched.get(buf) ?? buf.includes(ENRICHMENT_SEPARATOR);
      this.#enriched.set(buf, this.#lastEnriched);
    }
    if (!this.#lastEnriched) return false;
    return buf.subarray(starts[index], ends[index]).includes(ENRICHMENT_SEPARATOR);
  }
}

/** `Wed Nov 25 18:00:00 2026`, as ctime(3) writes it. */
export function clockText(seconds: number, clock: LocalClock): string {
  const { year, month, day, hour, minute, second, weekday } = clock.local(seconds);
  const time = [hour, minute, second].map((part) => String(part).padStart(2, "0")).join(":");
  return `${DAYS[weekday]} ${MONTHS[month]} ${String(day).padStart(2)} ${time} ${year}`;
}
