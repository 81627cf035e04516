import { setTimeout as pause } from "node:timers/promises";
import {
  type HostOptions,
  type HostView,
  openScopes,
  type ScopeSource,
} from "../source/scope-source.ts";
import type { Io } from "../terminal/io.ts";
import { processLine } from "./ps.ts";
import { Redraw } from "./redraw.ts";
import { lossesOf, type ScopeRow, scopeRowsTable } from "./scope-rows.ts";

/** Options of `cauditd top`. */
export interface TopOptions extends HostOptions {
  readonly json?: boolean;
  /** Seconds between two looks. */
  readonly interval?: number;
  /** Looks after which it ends; without it, at a signal. */
  readonly count?: number;
}

const INTERVAL_S = 1;

/**
 * Shows the instances of a host as they go: a table that is drawn again on a terminal, else a table
 * for each look. Ctrl-C ends it.
 * @returns the exit code: 0
 * @throws as openScopes
 */
export async function top(options: TopOptions, io: Io): Promise<number> {
  return await watch(await openScopes(options, process.env), options, io);
}

/** The same of a source that is open. */
export async function watch(source: ScopeSource, options: TopOptions, io: Io): Promise<number> {
  const { interval = INTERVAL_S, count = Number.POSITIVE_INFINITY } = options;
  const stop = new AbortController();
  void io.stop.requested.then(() => stop.abort());
  const rates = new Rates();
  const redraw = new Redraw(io);
  try {
    for (let looks = 1; !stop.signal.aborted; looks++) {
      const view = await source.look();
      const text = shown(view, rates.take(view.rows, performance.now()), options);
      if (io.screen && options.json !== true) redraw.draw(text);
      else io.out(text);
      if (looks >= count) break;
      await pause(interval * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    redraw.end();
    await source.close();
  }
  return 0;
}

function shown(view: HostView, rates: ReadonlyMap<string, number>, { json }: TopOptions): string {
  const { rows, processes = [] } = view;
  if (json === true) {
    const scopes = rows.map((row) => ({ ...row, rate: rates.get(row.scope) }));
    return `${JSON.stringify({ scopes, processes: view.processes })}\n`;
  }
  const losses = rows.reduce((sum, row) => sum + lossesOf(row), 0);
  const title = `${rows.length} instances, ${losses} events lost (Ctrl-C ends)`;
  return `${title}\n\n${scopeRowsTable(rows, rates)}${processes.map(processLine).join("")}`;
}

/** Events per second that each scope writes, from one look to the next. */
export class Rates {
  readonly #written: Map<string, number> = new Map();
  #last: number | undefined;

  /** @param now a monotonic time in ms; the first look has no rates */
  take(rows: readonly ScopeRow[], now: number): ReadonlyMap<string, number> {
    const seconds = this.#last === undefined ? 0 : (now - this.#last) / 1000;
    this.#last = now;
    const rates = new Map<string, number>();
    for (const { scope, written = 0 } of rows) {
      const before = this.#written.get(scope);
      this.#written.set(scope, written);
      // An owner that has just taken over counts from the beginning again.
      if (before === undefined || seconds <= 0) continue;
      rates.set(scope, Math.round(Math.max(0, written - before) / seconds));
    }
    return rates;
  }
}
