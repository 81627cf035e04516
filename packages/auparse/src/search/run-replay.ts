import { RecordType } from "@cauditd/libaudit/vocabulary";
import { SearchAssembly } from "./assembly.ts";
import type { ScanBounds } from "./event-scan.ts";
import { NO_ID } from "./facts.ts";
import type { RunMarks, SearchPlan } from "./plan.ts";
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
  readonly marks: RunMarks;
  /** Number of the run before its first, counted over all parts from 1. */
  readonly position: number;
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
  #runs = 0;
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
  add(log: number, segment: Segment, marks: RunMarks): void {
    this.#parts.push({ log, segment, marks, position: this.#runs });
    this.#runs += segment.count;
  }

  /** All logs are there: tells of the events. */
  end(): void {
    const sink = (runs: readonly RunPlace[]): void => {
      if (!this.#done && !this.#sink(runs)) this.#done = true;
    };
    const everything = this.#plan.needed === 0 && this.#query.serial === NO_ID;
    const candidates = everything ? undefined : this.#candidates();
    if (candidates?.length === 0) return;
    if (candidates !== undefined && 2 * candidates.length <= this.#seconds()) {
      const found: (readonly RunPlace[])[] = [];
      const order = this.#replay(candidates, (runs) => void found.push(runs));
      if (order) {
        for (const runs of found) sink(runs);
        return;
      }
    }
    this.#replay(undefined, sink);
  }

  /** How many seconds the runs are in, or a few more. */
  #seconds(): number {
    let seconds = 0;
    for (const { segment } of this.#parts) {
      seconds += Math.min(segment.count, segment.highest - segment.lowest + 1);
    }
    return seconds;
  }

  /** The seconds in which something may be found, the earliest first. */
  #candidates(): Candidate[] {
    const { needed } = this.#plan;
    const seen = new Map<number, Candidate>();
    for (const part of this.#parts) this.#mark(part, seen);
    const candidates = [...seen.values()].filter(({ mask }) => (mask & needed) === needed);
    candidates.sort((a, b) => a.sec - b.sec);
    const bySecond = new Map(candidates.map((candidate) => [candidate.sec, candidate]));
    for (const part of this.#parts) {
      const { lowest, highest } = part.segment;
      if (candidates.some(({ sec }) => sec >= lowest && sec <= highest)) markLast(part, bySecond);
    }
    return candidates;
  }

  /** Gathers the seconds of the runs of a part that have anything. */
  #mark({ segment, marks }: Part, seen: Map<number, Candidate>): void {
    const { start, end, serial: wanted } = this.#query;
    const { sec, serial } = segment.columns;
    let current: Candidate | undefined;
    const mark = (run: number): void => {
      const second = sec[run] as number;
      if ((start !== 0 && second < start) || (end !== 0 && second > end)) return;
      if (wanted !== NO_ID && wanted !== serial[run]) return;
      if (current?.sec !== second) {
        current = seen.get(second) ?? { sec: second, mask: 0, last: 0 };
        seen.set(second, current);
      }
      current.mask |= marks.masks[run] as number;
    };
    if (wanted !== NO_ID) {
      for (let run = serial.indexOf(wanted); run >= 0; run = serial.indexOf(wanted, run + 1)) {
        mark(run);
      }
    } else if (marks.some === undefined) {
      for (let run = 0; run < sec.length; run++) mark(run);
    } else {
      for (const runs of marks.some) for (const run of runs) mark(run);
    }
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
    let active = all;
    for (const part of this.#parts) {
      const { sec } = part.segment.columns;
      for (let run = 0; run < sec.length && !this.#done; run++) {
        if (!active) {
          const near = candidates?.[next];
          if (near === undefined) return !gathering.tied;
          if (near.sec >= part.segment.highest + timeout) break;
          run = firstAbove(sec, run, near.sec - timeout);
          if (run === sec.length) break;
        }
        const position = part.position + run + 1;
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
        if (!active && position > until) continue;
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

/** Notes the last run of each candidate's second. */
function markLast({ segment, position }: Part, candidates: ReadonlyMap<number, Candidate>): void {
  const { sec } = segment.columns;
  let last = -1;
  for (let run = sec.length - 1; run >= 0; run--) {
    const second = sec[run] as number;
    if (second === last) continue;
    last = second;
    const candidate = candidates.get(second);
    if (candidate !== undefined) candidate.last = Math.max(candidate.last, position + run + 1);
  }
}

/** The first run from `run` on that is of a later second; else one past the last. */
function firstAbove(sec: Uint32Array, run: number, second: number): number {
  let at = run;
  while (at < sec.length && (sec[at] as number) <= second) at++;
  return at;
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
  add({ log, segment, marks }: Part, run: number): boolean {
    const { sec, serial, milliNode, type } = segment.columns;
    const second = sec[run] as number;
    const packed = milliNode[run] as number;
    const node = segment.nodes[packed >>> 10] as string;
    const milli = packed & 1023;
    const number = serial[run] as number;
    const mask = marks.masks[run] as number;
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
