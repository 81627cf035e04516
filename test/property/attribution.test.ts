// The emulated host knows whose every event is; the kernel has to find out from the records.
import { AuditParser } from "@cauditd/auparse";
import { AttributedBy, Attributor, EXIT_GRACE_MS, Router } from "@cauditd/kernel";
import { type ContainerSpec, type EmulatedEvent, EmulatedHost } from "@cauditd/simulator";
import fc from "fast-check";
import t from "tap";

const START = 1_795_459_233_000;
const CONTIDS = 7_700_000n;

/** One run: who there is, and what is done with them. */
interface Run {
  readonly seed: number;
  /** For each container, which one it is nested in: -1 = none. */
  readonly tree: readonly number[];
  readonly tasks: number;
  /** pids that are free at the start: when there are few, they are soon used again. */
  readonly freePids: number;
  /** Milliseconds between two pairs of events. */
  readonly pace: number;
  readonly eoe: boolean;
  readonly steps: readonly Step[];
}

/** Some events, then perhaps a container is stopped and started again. */
interface Step {
  readonly events: number;
  /** Where the records of two events are mixed, bit by bit: 1 = from the first. */
  readonly mix: number;
  /** Bytes of a chunk. */
  readonly chunk: number;
  readonly restart: number | undefined;
}

const tree = fc
  .array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 6 })
  .map((picks) => picks.map((pick, index) => (pick % (index + 1)) - 1));

const step: fc.Arbitrary<Step> = fc.record({
  events: fc.integer({ min: 1, max: 50 }),
  mix: fc.integer({ min: 0, max: 0xffff }),
  chunk: fc.integer({ min: 1, max: 9000 }),
  restart: fc.option(fc.nat({ max: 5 }), { nil: undefined, freq: 3 }),
});

/**
 * A pid that is used again within the grace, by a task with the same parent, is beyond what records
 * can tell: either few pids and time between the events, or many events at once and no pid twice.
 */
const pids = fc.oneof(
  fc.record({
    freePids: fc.integer({ min: 4, max: 40 }),
    pace: fc.integer({ min: EXIT_GRACE_MS + 1, max: 500 }),
  }),
  fc.record({ freePids: fc.constant(10_000), pace: fc.integer({ min: 0, max: 40 }) }),
);

const run: fc.Arbitrary<Run> = fc
  .record({
    seed: fc.integer(),
    tree,
    tasks: fc.integer({ min: 1, max: 8 }),
    eoe: fc.boolean(),
    steps: fc.array(step, { minLength: 1, maxLength: 40, size: "max" }),
    pids,
  })
  .map(({ pids, ...rest }) => ({ ...rest, ...pids }));

/** What came of a run. */
interface Outcome {
  readonly truth: EmulatedEvent[];
  /** The container that each event was given to, by serial; undefined = the host. */
  readonly given: Map<number, bigint | undefined>;
  /** Serials that each scope got, in order. */
  readonly got: Map<bigint | undefined, number[]>;
  /** Names of the containers that each event was in, by serial. */
  readonly expected: Map<bigint | undefined, number[]>;
  /** pids under which tasks of different places were heard of. */
  readonly reused: number;
}

class Trial {
  readonly #run: Run;
  readonly #host: EmulatedHost;
  readonly #attributor = new Attributor();
  readonly #router = new Router(this.#attributor.registry);
  readonly #parser: AuditParser;
  readonly #truth: EmulatedEvent[] = [];
  readonly #given = new Map<number, bigint | undefined>();
  readonly #got = new Map<bigint | undefined, number[]>();
  readonly #specs: ContainerSpec[];
  #now = START;

  constructor(run: Run) {
    this.#run = run;
    this.#specs = run.tree.map((parent, index) => ({
      name: `c${index}`,
      contid: CONTIDS + BigInt(index),
      ...(parent < 0 ? {} : { parent: CONTIDS + BigInt(parent) }),
    }));
    const lasting = 12 + 2 * this.#specs.length;
    this.#host = new EmulatedHost({
      seed: run.seed,
      containers: this.#specs,
      startTimeMs: START,
      tasksPerContainer: run.tasks,
      pidMax: 301 + lasting + run.freePids,
      eoe: run.eoe,
    });
    for (const registration of this.#host.registrations()) this.#attributor.register(registration);
    this.#parser = new AuditParser((event) => {
      const attribution = this.#attributor.attribute(event);
      if (attribution.by === AttributedBy.contid) throw new Error("no record names a contid");
      this.#given.set(event.serial, attribution.container?.contid);
      this.#router.route(event, attribution, (scope) => {
        const serials = this.#got.get(scope?.contid) ?? [];
        serials.push(event.serial);
        this.#got.set(scope?.contid, serials);
      });
    });
  }

  play(): Outcome {
    for (const step of this.#run.steps) {
      const events: EmulatedEvent[] = [];
      for (let i = 0; i < step.events; i++) {
        if (i % 2 === 0) this.#now += this.#run.pace;
        this.#host.step(this.#now, (event) => events.push(event));
      }
      this.#push(mixed(events, step.mix), step.chunk);
      this.#truth.push(...events);
      if (step.restart !== undefined) this.#restart(step.restart % this.#specs.length);
    }
    this.#parser.end();
    return {
      truth: this.#truth,
      given: this.#given,
      got: this.#got,
      expected: this.#expected(),
      reused: this.#reused(),
    };
  }

  /** Stops a container with those nested in it, and starts them again under the same contids. */
  #restart(index: number): void {
    const inside = this.#run.tree.map((_, other) => this.#chain(other).includes(index));
    const events: EmulatedEvent[] = [];
    this.#now += this.#run.pace;
    this.#host.stopContainer(`c${index}`, this.#now, (event) => events.push(event));
    this.#push(mixed(events, 0), 4096);
    this.#truth.push(...events);
    this.#parser.settle();
    const stopped = this.#specs.filter((_, other) => inside[other]);
    for (const { contid } of [...stopped].reverse()) this.#attributor.end(contid);
    for (const spec of stopped) this.#attributor.register(this.#host.startContainer(spec));
  }

  #push(lines: readonly string[], chunk: number): void {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1");
    for (let at = 0; at < bytes.length; at += chunk) {
      this.#parser.push(bytes.subarray(at, at + chunk));
    }
  }

  /** Indexes of a container and those around it. */
  #chain(index: number): number[] {
    const chain: number[] = [];
    for (let at = index; at >= 0; at = this.#run.tree[at] as number) chain.push(at);
    return chain;
  }

  #expected(): Map<bigint | undefined, number[]> {
    const expected = new Map<bigint | undefined, number[]>();
    const add = (scope: bigint | undefined, serial: number): void => {
      const serials = expected.get(scope) ?? [];
      serials.push(serial);
      expected.set(scope, serials);
    };
    for (const { contid, serial } of this.#truth) {
      add(undefined, serial);
      if (contid === undefined) continue;
      for (const index of this.#chain(Number(contid - CONTIDS))) {
        add(CONTIDS + BigInt(index), serial);
      }
    }
    return expected;
  }

  #reused(): number {
    const places = new Map<number, Set<bigint | undefined>>();
    for (const { pid, contid } of this.#truth) {
      if (pid === undefined) continue;
      places.set(pid, (places.get(pid) ?? new Set()).add(contid));
    }
    return [...places.values()].filter((contids) => contids.size > 1).length;
  }
}

/** The lines of the events, with those of two neighbours mixed where that may be. */
function mixed(events: readonly EmulatedEvent[], mix: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < events.length; i++) {
    const one = [...(events[i]?.records ?? [])];
    const two =
      mix !== 0 && mixable(events[i], events[i + 1]) ? [...(events[++i]?.records ?? [])] : [];
    for (let bit = 0; one.length > 0 || two.length > 0; bit = (bit + 1) & 15) {
      const first = two.length === 0 || (one.length > 0 && ((mix >> bit) & 1) === 1);
      lines.push((first ? one : two).shift() as string);
    }
  }
  return lines;
}

/**
 * Two events of the same time, and of two tasks, as a task is in one call at a time. Not a fork
 * and the child's first event: when that one ends first, and nothing else was ever heard of the
 * parent, nothing tells where the child is.
 */
function mixable(first?: EmulatedEvent, second?: EmulatedEvent): boolean {
  if (first === undefined || second === undefined || first.pid === second.pid) return false;
  if (first.sec !== second.sec || first.milli !== second.milli) return false;
  return !second.records.some((record) => record.includes(` ppid=${first.pid} `));
}

function sorted(serials: readonly number[] | undefined): string {
  return [...(serials ?? [])].sort((a, b) => a - b).join();
}

t.test(
  "CID-26, CID-90, CID-91, CID-94: every event goes where it is, and nowhere else",
  async (t) => {
    let events = 0;
    let reused = 0;
    fc.assert(
      fc.property(run, (run) => {
        const outcome = new Trial(run).play();
        events += outcome.truth.length;
        reused += outcome.reused;
        for (const { serial, contid, records } of outcome.truth) {
          const given = outcome.given.has(serial) ? outcome.given.get(serial) : "nobody";
          if (given !== contid) {
            throw new Error(`given to ${given}, is of ${contid}: ${records.join("\n")}`);
          }
        }
        const scopes = new Set([...outcome.expected.keys(), ...outcome.got.keys()]);
        return [...scopes].every(
          (scope) => sorted(outcome.got.get(scope)) === sorted(outcome.expected.get(scope)),
        );
      }),
      { numRuns: 80 },
    );
    t.ok(reused > 100, `${reused} pids of ${events} events were used by tasks of several places`);
  },
);
