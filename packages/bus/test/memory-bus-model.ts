// A model of one scope's queue, and the commands that are run on it and on a bus alike.
import assert from "node:assert/strict";
import type { Bus, PublishOutcome, QueueLimits } from "@cauditd/bus";
import fc from "fast-check";
import { Collector } from "./collector.ts";

const LIMITS: QueueLimits = { frames: 6, bytes: 60 };
const SCOPES = ["host", "7"] as const;
type Scope = (typeof SCOPES)[number];

interface Entry {
  readonly sequence: number;
  readonly bytes: number;
  seen: boolean;
}

/** What a delivery must look like. */
interface Expected {
  readonly entry: Entry;
  readonly redelivered: boolean;
}

class ScopeModel {
  waiting: Entry[] = [];
  /** Delivered and not acknowledged. */
  out: Entry[] = [];
  /** 0: no subscriber. */
  window = 0;
  last = -1;
  expected: Expected[] = [];

  get stored(): Entry[] {
    return [...this.out, ...this.waiting];
  }

  get bytes(): number {
    return this.stored.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  publish(sequence: number, bytes: number): PublishOutcome {
    if (sequence <= this.last) return "duplicate";
    if (this.stored.length === LIMITS.frames || this.bytes + bytes > LIMITS.bytes) return "full";
    this.last = sequence;
    this.waiting.push({ sequence, bytes, seen: false });
    return "stored";
  }

  deliver(): void {
    while (this.out.length < this.window) {
      const entry = this.waiting.shift();
      if (entry === undefined) return;
      this.expected.push({ entry, redelivered: entry.seen });
      entry.seen = true;
      this.out.push(entry);
    }
  }

  close(): void {
    this.waiting = this.stored;
    this.out = [];
    this.window = 0;
    this.expected = [];
  }
}

/** The queues as they should be. */
export type Model = Record<Scope, ScopeModel>;

/** The bus, and the present subscriber of each scope. */
export interface Real {
  bus: Bus;
  collectors: Map<string, Collector>;
}

/** Limits that the bus under test must have. */
export const MODEL_LIMITS: QueueLimits = LIMITS;

/** Empty queues. */
export function emptyModel(): Model {
  return { host: new ScopeModel(), "7": new ScopeModel() };
}

/** Everything that was to be delivered by now has been. */
async function compare(model: Model, real: Real): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  for (const scope of SCOPES) {
    const expected = model[scope];
    expected.deliver();
    const deliveries = real.collectors.get(scope)?.deliveries ?? [];
    assert.deepEqual(
      deliveries.map(({ sequence, frame, redelivered }) => [sequence, frame.length, redelivered]),
      expected.expected.map(({ entry, redelivered }) => [entry.sequence, entry.bytes, redelivered]),
    );
    const state = await real.bus.state(scope);
    assert.deepEqual(state, { frames: expected.stored.length, bytes: expected.bytes });
  }
}

type Run = (model: ScopeModel, real: Real) => Promise<void>;

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #scope: Scope;
  readonly #text: string;
  readonly #run: Run;

  constructor(scope: Scope, text: string, run: Run) {
    this.#scope = scope;
    this.#text = text;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.#run(model[this.#scope], real);
    await compare(model, real);
  }

  toString(): string {
    return `${this.#text} ${this.#scope}`;
  }
}

function publish(scope: Scope, ahead: number, bytes: number): Command {
  return new Command(scope, `publish +${ahead} ${bytes}`, async (model, real) => {
    const sequence = Math.max(0, model.last + ahead);
    const expected = model.publish(sequence, bytes);
    assert.equal(await real.bus.publish(scope, sequence, new Uint8Array(bytes)), expected);
  });
}

function subscribe(scope: Scope, window: number): Command {
  return new Command(scope, `subscribe ${window}`, async (model, real) => {
    const opened = Collector.open(real.bus, scope, window, false);
    if (model.window > 0) {
      await assert.rejects(opened, { code: "EBUSY" });
      return;
    }
    model.window = window;
    real.collectors.set(scope, await opened);
  });
}

function acknowledge(scope: Scope, pick: number): Command {
  return new Command(scope, `ack ${pick}`, async (model, real) => {
    const entry = model.out[pick % Math.max(1, model.out.length)];
    if (entry === undefined) return;
    model.out = model.out.filter((one) => one !== entry);
    const collector = real.collectors.get(scope);
    const at = model.expected.findLastIndex((one) => one.entry === entry);
    collector?.deliveries[at]?.ack();
    collector?.deliveries[at]?.ack();
  });
}

function close(scope: Scope): Command {
  return new Command(scope, "close", async (model, real) => {
    const collector = real.collectors.get(scope);
    if (collector === undefined) return;
    await collector.close();
    const before = collector.deliveries.length;
    for (const { ack } of collector.deliveries) ack();
    model.close();
    real.collectors.delete(scope);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(collector.deliveries.length, before, "no delivery after close");
  });
}

function remove(scope: Scope): Command {
  return new Command(scope, "remove", async (model, real) => {
    await real.bus.remove(scope);
    const collector = real.collectors.get(scope);
    assert.equal(collector?.errors.length ?? 1, 1);
    real.collectors.delete(scope);
    Object.assign(model, new ScopeModel());
  });
}

/** Any sequence of commands on two scopes. */
export function commands(): fc.Arbitrary<Iterable<fc.AsyncCommand<Model, Real>>> {
  const scope = fc.constantFrom(...SCOPES);
  return fc.commands(
    [
      fc
        .tuple(scope, fc.integer({ min: -1, max: 3 }), fc.nat({ max: 25 }))
        .map((a) => publish(...a)),
      fc.tuple(scope, fc.constant(1), fc.nat({ max: 12 })).map((a) => publish(...a)),
      fc.tuple(scope, fc.integer({ min: 1, max: 4 })).map((a) => subscribe(...a)),
      fc.tuple(scope, fc.nat({ max: 5 })).map((a) => acknowledge(...a)),
      fc.tuple(scope, fc.nat({ max: 5 })).map((a) => acknowledge(...a)),
      scope.map(close),
      scope.map(remove),
    ],
    { maxCommands: 80, size: "max" },
  );
}
