// Faults planted in the emulated kernel, each of which the check of its property has to find; and
// rights that refuse everything, under which nothing may change.
import { UNSET_U32 } from "@cauditd/libaudit";
import t from "tap";
import type { EmulatedKernel } from "../../src/emulation/emulated-kernel.ts";
import { Instance } from "../../src/instance/instance.ts";
import { type Check, RIGHTS, type Verb } from "../../src/rights/rights-table.ts";
import {
  changedByRefusal,
  gaps,
  leftovers,
  loops,
  outsiders,
  play,
  shownAncestors,
  type World,
} from "./world.ts";

const SEED = 20171019;
const STEPS = 1500;

interface Fault {
  readonly name: string;
  readonly plant: (kernel: EmulatedKernel) => void;
  /** What has to find it, and finds nothing without it. */
  readonly check: (world: World) => readonly string[];
}

/** Does something to every scope of a container that is started. */
function atStart(kernel: EmulatedKernel, act: (contid: bigint) => void): void {
  const { scopes } = kernel;
  const start = scopes.start.bind(scopes);
  scopes.start = (container) => {
    start(container);
    act(container.contid);
  };
}

function ended(world: World): readonly string[] {
  world.end();
  return leftovers(world);
}

const FAULTS: readonly Fault[] = [
  {
    name: "CID-91: events go to siblings, too",
    plant: ({ scopes }) => {
      const emit = scopes.emit.bind(scopes);
      scopes.emit = (draft) => {
        emit(draft);
        for (const scope of scopes.all().slice(1)) {
          if (!draft.chains.flat().includes(scope.contid as bigint)) scope.offer(draft);
        }
      };
    },
    check: outsiders,
  },
  {
    name: "CID-90: the host is not given what a container sees",
    plant: ({ scopes }) => {
      const offer = scopes.host.offer.bind(scopes.host);
      scopes.host.offer = (draft) => {
        if (draft.chains.length === 0) offer(draft);
      };
    },
    check: outsiders,
  },
  {
    name: "CID-93: a container's records are rendered as the host's",
    plant: (kernel) =>
      atStart(kernel, (contid) => {
        const scope = kernel.scopes.find(contid);
        if (scope !== undefined) Object.defineProperty(scope, "contid", { value: undefined });
      }),
    check: shownAncestors,
  },
  {
    name: "CID-96: now and then a serial is given to nothing",
    plant: (kernel) =>
      atStart(kernel, (contid) => {
        const instance = kernel.scopes.find(contid)?.instance;
        if (instance === undefined) return;
        const offer = instance.offer.bind(instance);
        instance.offer = (...given) => {
          if (instance.serial % 5 === 4) instance.continueFrom(instance.serial + 1);
          return offer(...given);
        };
      }),
    check: gaps,
  },
  {
    name: "CID-47: a container is its own ancestor",
    plant: ({ containers }) => {
      const set = containers.set.bind(containers);
      containers.set = (task, contid, caller) => {
        const left = set(task, contid, caller);
        const { chain } = task.container ?? {};
        if (chain?.length === 2) (chain as bigint[]).push(contid);
        return left;
      };
    },
    check: loops,
  },
  {
    name: "CID-35: a container's end is not recorded",
    plant: ({ containers }) => {
      const leave = containers.leave.bind(containers);
      let left = 0;
      containers.leave = (task) => {
        const container = leave(task);
        return container !== undefined && left++ % 3 === 0 ? undefined : container;
      };
    },
    check: ended,
  },
  {
    name: "CID-35: a container is kept although its last task has exited",
    plant: ({ containers }) => {
      const join = containers.join.bind(containers);
      containers.join = (task, container) => {
        join(task, container);
        if (container.members.size === 1) containers.hold(container);
      };
    },
    check: ended,
  },
  {
    name: "CID-38: a lookup keeps a reference when the call is refused",
    plant: ({ containers }) => {
      const find = containers.find.bind(containers);
      containers.find = (contid) => {
        const container = find(contid);
        if (container !== undefined) containers.hold(container);
        return container;
      };
    },
    check: (world) => changedByRefusal(world, 200),
  },
];

for (const { name, plant, check } of FAULTS) {
  t.test(`planted and found: ${name}`, async (t) => {
    t.same(check(play(SEED, STEPS)), [], "nothing without it");
    t.not(check(play(SEED, STEPS, plant)).length, 0, "found");
  });
}

type Checks = Check<never>[];

/** Runs something while every verb but some is refused. */
function refusing<T>(open: readonly Verb[], run: () => T): T {
  const rights = RIGHTS as unknown as Record<Verb, Checks>;
  const kept = { ...rights };
  const no: Check<never> = { when: "always", errno: "EPERM", source: "test", refuses: () => true };
  for (const verb of Object.keys(kept) as Verb[]) rights[verb] = open.includes(verb) ? [] : [no];
  try {
    return run();
  } finally {
    Object.assign(rights, kept);
  }
}

/** What differs from a world in which no call was let through. */
function changes({ kernel, tasks }: World): string[] {
  const { host } = kernel.scopes;
  const fresh = new Instance("host");
  const found = tasks.flatMap(({ name, capcontid, auid }) => [
    ...(capcontid ? [`${name}: capcontid`] : []),
    ...(auid === UNSET_U32 ? [] : [`${name}: auid ${auid}`]),
  ]);
  if (kernel.containers.created > 0) found.push("containers");
  if (host.daemon !== undefined) found.push("daemon");
  if (host.instance.rules.version !== fresh.rules.version) found.push("rules");
  return found;
}

t.test("no call changes anything without a passed authorise", async (t) => {
  const world = refusing([], () => play(SEED, STEPS));
  t.ok(world.tasks.length > 100, `${world.tasks.length} tasks`);
  t.same(changes(world), []);
});

for (const [verb, found] of [
  ["contid-set", /^containers$/],
  ["capcontid-set", /capcontid$/],
  ["loginuid-set", /auid/],
  ["daemon-start", /^daemon$/],
  ["rules-change", /^rules$/],
] as const) {
  t.test(`planted and found: ${verb} is not checked`, async (t) => {
    t.match(changes(refusing([verb], () => play(SEED, STEPS))).at(-1), found);
  });
}
