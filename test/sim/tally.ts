// What rounds have come to: how often each fault has hit, which seeds have failed, one hash of all.
import { createHash } from "node:crypto";
import type { Round } from "./round.ts";

/** A round as it goes from one process to another. */
export interface Told {
  readonly seed: number;
  readonly problem: string | undefined;
  readonly trace: string;
  readonly steps: number;
  readonly hits: readonly (readonly [string, number])[];
}

/** What is told of a round. */
export function told(seed: number, { problem, trace, steps, hits }: Round): Told {
  return { seed, problem, trace, steps, hits: [...hits] };
}

/** Counts rounds, which may come in any order. */
export class Tally {
  readonly #traces: Map<number, string> = new Map();
  readonly #times: Map<string, number> = new Map();
  /** Rounds in which a fault has hit at least once. */
  readonly #rounds: Map<string, number> = new Map();
  #failed = 0;
  #steps = 0;

  get rounds(): number {
    return this.#traces.size;
  }

  get failed(): number {
    return this.#failed;
  }

  get steps(): number {
    return this.#steps;
  }

  add({ seed, problem, trace, steps, hits }: Told): void {
    this.#traces.set(seed, trace);
    this.#steps += steps;
    if (problem !== undefined) this.#failed++;
    for (const [fault, times] of hits) {
      this.#times.set(fault, (this.#times.get(fault) ?? 0) + times);
      this.#rounds.set(fault, (this.#rounds.get(fault) ?? 0) + 1);
    }
  }

  /** A line for each kind of fault. */
  faults(): string[] {
    const all = [...this.#times].sort(([a], [b]) => (a < b ? -1 : 1));
    return all.map(([fault, times]) => {
      const rounds = this.#rounds.get(fault);
      return `${fault.padEnd(28)} ${String(times).padStart(8)} in ${rounds} rounds`;
    });
  }

  /** Hash of all steps of all rounds, by their seeds. */
  trace(): string {
    const hash = createHash("sha256");
    for (const [, trace] of [...this.#traces].sort(([a], [b]) => a - b)) hash.update(trace);
    return hash.digest("hex").slice(0, 16);
  }
}
