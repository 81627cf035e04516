import { RecordType } from "@cauditd/libaudit";
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

/**
 * Puts runs together as `EventScan` puts records together, without reading them: so events that may
 * be found come out with the same records and in the same order.
 */
export class RunReplay {
  readonly #query: Query;
  readonly #plan: SearchPlan;
  readonly #sink: RunSink;
  readonly #assembly: SearchAssembly<Gathered>;
  #done = false;

  constructor(query: Query & ScanBounds, plan: SearchPlan, sink: RunSink) {
    this.#query = query;
    this.#plan = plan;
    this.#sink = sink;
    this.#assembly = new SearchAssembly(query.timeout, query.contid !== undefined);
  }

  /** The sink wants no more events. */
  get done(): boolean {
    return this.#done;
  }

  /** Takes the next segment of a log, with what the plan says of its runs. */
  add(log: number, segment: Segment, masks: Uint32Array): void {
    const { start, end } = this.#query;
    const { sec, serial, milliNode, type } = segment.columns;
    for (let run = 0; run < sec.length && !this.#done; run++) {
      const second = sec[run] as number;
      if ((start !== 0 && second < start) || (end !== 0 && second > end)) continue;
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
        continue;
      }
      const first = type[run] as number;
      if (first === RecordType.EOE) continue;
      const gathered = { mask, runs: [place] };
      this.#assembly.begin(node, second, milli, number, first, gathered);
      this.#drain();
    }
  }

  /** The last log is over. */
  end(): void {
    this.#assembly.end();
    this.#drain();
  }

  #drain(): void {
    const { serial } = this.#query;
    const { needed } = this.#plan;
    while (!this.#done) {
      const event = this.#assembly.next();
      if (event === undefined) return;
      if ((event.mask & needed) !== needed) continue;
      const { segment, run } = event.runs[0] as RunPlace;
      if (serial !== NO_ID && serial !== segment.columns.serial[run]) continue;
      if (!this.#sink(event.runs)) this.#done = true;
    }
  }
}
