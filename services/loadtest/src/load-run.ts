// Drives a node with the records of an emulated host, and sees what arrives of them.
import { type Followed, pauseFor } from "@cauditd/client";
import type { EmulatedEvent, EmulatedHost } from "@cauditd/simulator";
import {
  type CountedElsewhere,
  type LoadReport,
  type ScopeResult,
  scopeProblems,
} from "./load-report.ts";
import { newLatency, ScopeLedger, summary } from "./scope-ledger.ts";

/** A scope whose events are awaited. */
export interface LoadScope {
  readonly name: string;
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** What comes behind the last event that was there before. */
  follow(signal: AbortSignal): AsyncIterable<Followed>;
}

/** The counters of the instances by scope, in the life that they are in. */
export type CountersOf = () => Promise<ReadonlyMap<string, CountedElsewhere>>;

/** Takes text, and resolves when it takes more. */
export interface LoadSink {
  write(text: string): Promise<void>;
}

/** What a run is made of. */
export interface LoadOptions {
  readonly host: EmulatedHost;
  readonly sink: LoadSink;
  /** In any order; events of scopes that are not among them are sent all the same. */
  readonly scopes: readonly LoadScope[];
  /** Undefined: nobody is asked. */
  readonly counters?: CountersOf | undefined;
  /** Events a second, above 0. */
  readonly rate: number;
  /** Time of sending, s. */
  readonly seconds: number;
  /** Longest time at the end without any arrival, s. */
  readonly wait: number;
  /** Ends the sending; what was sent is still awaited. */
  readonly stop: AbortSignal;
  /** Resolves after `ms`, or when the signal comes. Default: pauseFor. */
  readonly pause?: typeof pauseFor;
}

const TICK_MS = 10;
/** The longest stretch that is caught up with after a stall. */
const CATCH_UP_MS = 250;
/** Text that is written as one, characters. */
const WRITE_LENGTH = 64 * 1024;
/** Stamps that a ledger may hold; sending pauses above that. */
const MAX_STAMPS = 100_000;
/** Between two looks at what is still to come. */
const LOOK_MS = 200;
/** Longer than an event is held back, ms. */
const HELD_MS = 2100;

/** A run. It runs once. */
export class LoadRun {
  readonly #options: LoadOptions;
  readonly #pause: typeof pauseFor;
  readonly #ledgers: Map<string, ScopeLedger> = new Map();
  /** The ledgers of every place's events: its own scope and those around it. */
  readonly #routes: Map<bigint | undefined, readonly ScopeLedger[]> = new Map();
  readonly #over: AbortController = new AbortController();
  #before: ReadonlyMap<string, CountedElsewhere> | undefined;
  #failure: unknown;
  #text = "";
  #events = 0;
  /** The last event has a record that tells its end. */
  #ended = false;
  #behind = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#pause = options.pause ?? pauseFor;
    for (const { name, scope } of options.scopes) this.#ledgers.set(scope, new ScopeLedger(name));
    const parents = new Map(
      options.host.registrations().map(({ contid, parent }) => [contid, parent]),
    );
    for (const contid of [undefined, ...parents.keys()]) {
      const ledgers = [this.#ledgers.get("host")];
      for (let at = contid; at !== undefined; at = parents.get(at)) {
        ledgers.push(this.#ledgers.get(String(at)));
      }
      this.#routes.set(
        contid,
        ledgers.filter((ledger) => ledger !== undefined),
      );
    }
  }

  /** Errors: the sink's, those of what is followed, and the first look at the counters. */
  async run(): Promise<LoadReport> {
    const { scopes, counters } = this.#options;
    this.#before = await counters?.();
    const followers = scopes.map((scope) => this.#follow(scope));
    try {
      const started = performance.now();
      await this.#send(started);
      const seconds = (performance.now() - started) / 1000;
      const sent = this.#events;
      await this.#close();
      return await this.#report(sent / seconds, seconds, await this.#settle());
    } finally {
      this.#over.abort();
      await Promise.all(followers);
    }
  }

  async #follow({ scope, follow }: LoadScope): Promise<void> {
    const ledger = this.#ledgers.get(scope);
    try {
      for await (const item of follow(this.#over.signal)) ledger?.take(item, Date.now());
    } catch (error) {
      if (!this.#over.signal.aborted) this.#failure ??= error;
    }
  }

  async #send(started: number): Promise<void> {
    const { host, rate, seconds, stop } = this.#options;
    const end = started + seconds * 1000;
    let [last, due] = [started, 0];
    while (!stop.aborted && last < end) {
      await this.#pause(TICK_MS, stop);
      this.#check();
      const now = Math.min(performance.now(), end);
      const late = Math.max(0, now - last - CATCH_UP_MS);
      this.#behind += (late * rate) / 1000;
      due += ((now - last - late) * rate) / 1000;
      last = now;
      if (this.#isFull()) continue;
      for (; due >= 1 && !stop.aborted; due--) {
        host.step(Date.now(), this.#take);
        if (this.#text.length >= WRITE_LENGTH) await this.#write();
      }
      await this.#write();
    }
    this.#behind += due;
  }

  /**
   * Lets the node go on to the end: it holds an event back whose end no record tells, until one
   * comes that is 2 s younger. The tasks end then, so that the node knows none of them any more.
   */
  async #close(): Promise<void> {
    const { host } = this.#options;
    do {
      await this.#pause(HELD_MS, undefined);
      const before = this.#events;
      host.endTasks(Date.now(), this.#take);
      if (this.#events === before) host.step(Date.now(), this.#take);
      await this.#write();
    } while (!this.#ended);
  }

  #take = ({ contid, sec, milli, records }: EmulatedEvent): void => {
    const at = sec * 1000 + milli;
    for (const ledger of this.#routes.get(contid) ?? []) ledger.send(at);
    this.#events++;
    this.#ended = records.at(-1)?.startsWith("type=PROCTITLE ") === true;
    this.#text += `${records.join("\n")}\n`;
  };

  async #write(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    if (text !== "") await this.#options.sink.write(text);
  }

  #isFull(): boolean {
    return [...this.#ledgers.values()].some(({ stamps }) => stamps >= MAX_STAMPS);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits until everything is accounted for, or nothing has come for too long. */
  async #settle(): Promise<ScopeResult[]> {
    const ledgers = [...this.#ledgers.values()];
    const longest = this.#options.wait * 1000;
    let [arrived, since] = [-1, 0];
    for (;;) {
      this.#check();
      const results = await this.#results();
      if (results.every((one) => scopeProblems(one).length === 0)) return results;
      const now = ledgers.reduce((sum, ledger) => sum + ledger.arrived, 0);
      if (now !== arrived) since = performance.now();
      else if (performance.now() - since >= longest) return results;
      arrived = now;
      await this.#pause(LOOK_MS, undefined);
    }
  }

  async #results(): Promise<ScopeResult[]> {
    const { scopes, counters } = this.#options;
    const now = this.#before === undefined ? undefined : await counters?.().catch(() => undefined);
    return scopes.map(({ scope }) => {
      const counts = (this.#ledgers.get(scope) as ScopeLedger).counts;
      const counted = difference(this.#before?.get(scope), now?.get(scope));
      return { ...counts, ...(counted === undefined ? {} : { counted }) };
    });
  }

  async #report(
    rate: number,
    seconds: number,
    scopes: readonly ScopeResult[],
  ): Promise<LoadReport> {
    const all = newLatency();
    for (const { latency } of this.#ledgers.values()) all.add(latency);
    const latency = summary(all);
    return {
      events: this.#events,
      seconds,
      rate,
      behind: Math.floor(this.#behind),
      ...(latency === undefined ? {} : { latency }),
      scopes,
      problems: scopes.flatMap(scopeProblems),
    };
  }
}

/** What was counted in between; undefined when one is not known, or of a later life. */
function difference(
  before: CountedElsewhere | undefined,
  now: CountedElsewhere | undefined,
): CountedElsewhere | undefined {
  if (before === undefined || now === undefined) return undefined;
  const [filtered, lost] = [now.filtered - before.filtered, now.lost - before.lost];
  return filtered < 0 || lost < 0 ? undefined : { filtered, lost };
}
