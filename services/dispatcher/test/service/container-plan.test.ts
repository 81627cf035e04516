import fc from "fast-check";
import t from "tap";
import {
  type ListedContainer,
  planContainers,
  type WantedContainer,
} from "../../src/service/container-plan.ts";

const web = { name: "web", contid: 1n, pid: 100, live: false };
const inner = { name: "inner", contid: 2n, pid: 200, parent: 1n, live: false };
const cache = { name: "cache", contid: 3n, pid: 300, live: true };

function plan(listed: readonly ListedContainer[], wanted: readonly WantedContainer[]) {
  const { end, begin, claim, problems } = planContainers(listed, wanted);
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);
  return { end: names(end), begin: names(begin), claim: names(claim), problems };
}

const NOTHING = { end: [], begin: [], claim: [], problems: [] };

t.test("what is as before stays, and so does what a request has registered", async (t) => {
  t.same(plan([web, inner, cache], [web, inner]), NOTHING);
  t.same(plan([web, { ...inner, pid: 201 }], [web, { ...inner, pid: undefined }]), NOTHING);
});

t.test("nested ones end first, and begin last", async (t) => {
  t.same(plan([web, inner], []), { ...NOTHING, end: ["inner", "web"] });
  t.same(plan([], [web, inner]), { ...NOTHING, begin: ["web", "inner"] });
});

t.test("another name, or another place, is another container; all in it begin anew", async (t) => {
  const renamed = { ...web, name: "www" };
  t.same(plan([web, inner], [renamed, inner]), {
    ...NOTHING,
    end: ["inner", "web"],
    begin: ["www", "inner"],
  });
  t.same(plan([web, inner], [web, { ...inner, parent: undefined }]), {
    ...NOTHING,
    end: ["inner"],
    begin: ["inner"],
  });
});

t.test("another pid is another first task of the same container", async (t) => {
  t.same(plan([web], [{ ...web, pid: 101 }]), { ...NOTHING, claim: ["web"] });
});

t.test(
  "what a request has registered becomes the configuration's, if it is the same",
  async (t) => {
    t.same(plan([cache], [cache]), { ...NOTHING, claim: ["cache"] });
    t.same(plan([cache], [{ ...cache, name: "other" }]).problems, [
      "other: contid 3 was registered for cache",
    ]);
    t.same(plan([cache], [{ ...cache, contid: 4n }]).problems, [
      "cache: this name was registered for 3",
    ]);
  },
);

t.test("what requests have registered in it keeps a container", async (t) => {
  const { problems } = plan([web, { ...cache, parent: 1n }], []);
  t.same(problems, ["web: cache was registered in it, and has to be ended first"]);
});

t.test("there are no more scopes than workers can be told of", async (t) => {
  const many = Array.from({ length: 4096 }, (_, i) => ({
    name: `c${i}`,
    contid: BigInt(i),
    pid: 1,
  }));
  t.same(plan([], many).problems, ["4097 scopes, at most 4096"]);
});

t.test("a plan leads to what is wanted, whatever was there", async (t) => {
  const item = fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    contid: fc.bigInt(1n, 4n),
    nested: fc.boolean(),
  });
  /** Sound by itself, parents first, as configurations are. */
  const lists = fc.array(item, { maxLength: 4 }).map((items) => {
    const sound: { name: string; contid: bigint; pid: number; parent?: bigint }[] = [];
    for (const { name, contid, nested } of items) {
      if (sound.some((one) => one.name === name || one.contid === contid)) continue;
      const parent = nested ? sound.at(-1)?.contid : undefined;
      sound.push({ name, contid, pid: 1, ...(parent === undefined ? {} : { parent }) });
    }
    return sound;
  });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(lists, lists, (before, wanted) => {
        const there = new Map(before.map((one) => [one.contid, one]));
        const { end, begin, problems } = planContainers(
          before.map((one) => ({ ...one, live: false })),
          wanted,
        );
        if (problems.length > 0) return false;
        for (const { contid } of end) {
          if ([...there.values()].some(({ parent }) => parent === contid)) return false;
          if (!there.delete(contid)) return false;
        }
        for (const { name, contid, parent } of begin) {
          if (there.has(contid) || [...there.values()].some((one) => one.name === name))
            return false;
          if (parent !== undefined && !there.has(parent)) return false;
          there.set(contid, { name, contid, pid: 1, ...(parent === undefined ? {} : { parent }) });
        }
        const text = (all: Iterable<WantedContainer>) =>
          [...all]
            .map(({ name, contid, parent }) => `${name} ${contid} ${parent}`)
            .sort()
            .join();
        return text(there.values()) === text(wanted);
      }),
    ),
  );
});
