import { RecordType } from "@cauditd/libaudit/vocabulary";
import { SearchAssembly } from "./assembly.ts";
import type { ScanBounds } from "./event-scan.ts";
import { NO_ID } from "./facts.ts";
import type { SearchPlan } from "./plan.ts";
import type { Query } from "./query.ts";
import type { Segment } from "./segment.ts";

/** One run of an event that may be what is searched. */
export interface RunPlace {
  /** Number of the log. */
  readonly log: number;
  readonly segment: Segment;
  readonly run: number;
}

/** Told of the runs of each event that may be what is searched; false = no more are wanted. */
export type RunSink = (runs: readonly RunPlace[]) => boolean;

interface Gathered {
  mask: number;
  readonly runs: RunPlace[];
}

/** A part of a log, with what the plan says of its runs. */
interface Part {
  readonly log: number;
  readonly segment: Segment;
  readonly masks: Uint32Array;
}

/** A second whose runs have everything that is asked for, though perhaps not in one event. */
interface Candidate {
  readonly sec: number;
  mask: number;
  /** Number of the last of its runs, counted over all parts from 1. */
  last: number;
}

/**
 * Puts runs together as `EventScan` puts records together, without reading them: so events that may
 * be found come out with the same records and in the same order.
 *
 * Only the runs around those that may be found are put together. What was begun `timeout` seconds
 * before an event is complete once the event begins, and the event itself is once another begins
 * `timeout` seconds later: nothing before or behind can change its records or its place.
 */
export class RunReplay {
  readonly #query: Query & ScanBounds;
  readonly #plan: SearchPlan;
  readonly #sink: RunSink;
  readonly #parts: Part[] = [];
  #done = false;

  constructor(query: Query & ScanBounds, plan: SearchPlan, sink: RunSink) {
    this.#query = query;
    this.#plan = plan;
    this.#sink = sink;
  }

  /** The sink wants no more events. */
  get done(): boolean {
    return this.#done;
  }

  /** Takes the next segment of a log, with what the plan says of its runs. */
  add(log: number, segment: Segment, masks: Uint32Array): void {
    this.#parts.push({ log, segment, masks });
  }

  /** All logs are there: tells of the events. */
  end(): void {
    const { seconds, candidates } = this.#candidates();
    if (candidates.length === 0) return;
    const sink = (runs: readonly RunPlace[]): void => {
      if (!this.#done && !this.#sink(runs)) this.#done = true;
    };
    if (2 * candidates.length <= seconds) {
      const found: (readonly RunPlace[])[] = [];
      const order = this.#replay(candidates, (runs) => void found.push(runs));
      if (order) {
        for (const runs of found) sink(runs);
        return;
      }
    }
    this.#replay(undefined, sink);
  }

  /** The seconds in which something may be found, the earliest first, and how many there are. */
  #candidates(): { readonly seconds: number; readonly candidates: readonly Candidate[] } {
    const { start, end, serial: wanted } = this.#query;
    const { needed } = this.#plan;
    const seen = new Map<number, Candidate>();
    let current: Candidate | undefined;
    let position = 0;
    for (const { segment, masks } of this.#parts) {
      const { sec, serial } = segment.columns;
      for (let run = 0; run < sec.length; run++) {
        position++;
        const second = sec[run] as number;
        if ((start !== 0 && second < start) || (end !== 0 && second > end)) continue;
        if (current?.sec !== second) {
          current = seen.get(second) ?? { sec: second, mask: 0, last: 0 };
          seen.set(second, current);
        }
        if (wanted !== NO_ID && wanted !== serial[run]) continue;
        current.mask |= masks[run] as number;
        current.last = position;
      }
    }
    const candidates = [...seen.values()].filter(
      ({ mask, last }) => last > 0 && (mask & needed) === needed,
    );
    return { seconds: seen.size, candidates: candidates.sort((a, b) => a.sec - b.sec) };
  }

  /**
   * Puts the runs around the candidates together, or all runs.
   * @returns false when the order of two events that were told of depends on what was left out
   */
  #replay(candidates: readonly Candidate[] | undefined, sink: (runs: RunPlace[]) => void): boolean {
    const { start, end, timeout, contid } = this.#query;
    const fresh = (): Gathering => new Gathering(this.#query, this.#plan, timeout, contid, sink);
    let gathering = fresh();
    const all = candidates === undefined;
    let until = all ? Number.POSITIVE_INFINITY : 0;
    let settled = 0;
    let next = 0;
    let highest = -1;
    let position = 0;
    let active = all;
    for (const part of this.#parts) {
      const { sec } = part.segment.columns;
      for (let run = 0; run < sec.length && !this.#done; run++) {
        position++;
        const second = sec[run] as number;
        if ((start !== 0 && second < start) || (end !== 0 && second > end)) continue;
        if (second > highest) {
          highest = second;
          for (; !all && next < candidates.length; next++) {
            const candidate = candidates[next] as Candidate;
            if (candidate.sec >= second + timeout) break;
            until = Math.max(until, candidate.last);
            settled = candidate.sec + timeout;
          }
        }
        if (!active && position > until) {
          if (next === candidates?.length) return !gathering.tied;
          continue;
        }
        active = true;
        const begun = gathering.add(part, run);
        if (!begun || position <= until || second < settled) continue;
        if (gathering.tied) return false;
        gathering = fresh();
        active = false;
      }
    }
    gathering.end();
    return all || !gathering.tied;
  }
}

/** Runs that are put together, from one on. */
class Gathering {
  readonly #serial: number;
  readonly #needed: number;
  readonly #sink: (runs: RunPlace[]) => void;
  readonly #assembly: SearchAssembly<Gathered>;
  #last: RunPlace | undefined;
  #tied = false;

  constructor(
    query: Query,
    plan: SearchPlan,
    timeout: number,
    contid: bigint | undefined,
    sink: (runs: RunPlace[]) => void,
  ) {
    this.#serial = query.serial;
    this.#needed = plan.needed;
    this.#sink = sink;
    this.#assembly = new SearchAssembly(timeout, contid !== undefined);
  }

  /** Two events that came out have the same time and serial: earlier events decide their order. */
  get tied(): boolean {
    return this.#tied;
  }

  /** Takes the next run; true = an event begins with it. */
  add({ log, segment, masks }: Part, run: number): boolean {
    const { sec, serial, milliNode, type } = segment.columns;
    const second = sec[run] as number;
    const packed = milliNode[run] as number;
    const node = segment.nodes[packed >>> 10] as string;
    const milli = packed & 1023;
    const number = serial[run] as number;
    const mask = masks[run] as number;
    const place = { log, segment, run };
    const known = this.#assembly.find(node, second, milli, number);
    if (known !== undefined) {
      known.mask |= mask;
      known.runs.push(place);
      return false;
    }
    const first = type[run] as number;
    if (first === RecordType.EOE) return false;
    const gathered = { mask, runs: [place] };
    this.#assembly.begin(node, second, milli, number, first, gathered);
    this.#drain();
    return true;
  }

  /** No more runs follow. */
  end(): void {
    this.#assembly.end();
    this.#drain();
  }

  #drain(): void {
    for (;;) {
      const event = this.#assembly.next();
      if (event === undefined) return;
      if ((event.mask & this.#needed) !== this.#needed) continue;
      const place = event.runs[0] as RunPlace;
      const { serial } = place.segment.columns;
      if (this.#serial !== NO_ID && this.#serial !== serial[place.run]) continue;
      if (this.#last !== undefined && isSameTime(this.#last, place)) this.#tied = true;
      this.#last = place;
      this.#sink(event.runs);
    }
  }
}

function isSameTime(a: RunPlace, b: RunPlace): boolean {
  const one = a.segment.columns;
  const two = b.segment.columns;
  const milli = (one.milliNode[a.run] as number) ^ (two.milliNode[b.run] as number);
  return (
    one.sec[a.run] === two.sec[b.run] &&
    (milli & 1023) === 0 &&
    one.serial[a.run] === two.serial[b.run]
  );
}
