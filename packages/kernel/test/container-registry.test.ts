import { CONTAINER_NAME, ContainerRegistry, MAX_CONTAINERS, MAX_DEPTH } from "@cauditd/kernel";
import { CONTID_UNSET } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";

t.test("a registered container is found by contid, name and slot", async (t) => {
  const registry = new ContainerRegistry();
  const web = registry.register({ name: "web", contid: 7n, pid: 500 });
  const db = registry.register({ name: "db", contid: 0n, pid: 501 });
  t.match(web, { slot: 0, name: "web", contid: 7n, pid: 500, parent: undefined, live: true });
  t.equal(registry.find(7n), web);
  t.equal(registry.named("db"), db);
  t.equal(registry.at(1), db);
  t.equal(registry.find(8n), undefined);
  t.equal(registry.named("host"), undefined);
  t.equal(registry.at(2), undefined);
  t.same(registry.containers, [web, db]);
});

t.test("CID-43: the chain of a nested container is leaf first", async (t) => {
  const registry = new ContainerRegistry();
  registry.register({ name: "one", contid: 1n, pid: 1 });
  registry.register({ name: "two", contid: 2n, pid: 2, parent: 1n });
  const four = registry.register({ name: "four", contid: 4n, pid: 3, parent: 2n });
  t.same(four.chain, [4n, 2n, 1n]);
  t.equal(four.parent, registry.find(2n));
});

t.test("CID-9: the unset contid and numbers outside a u64 are EINVAL", async (t) => {
  const registry = new ContainerRegistry();
  for (const contid of [CONTID_UNSET, CONTID_UNSET + 1n, -1n]) {
    t.throws(() => registry.register({ name: "a", contid, pid: 1 }), { code: "EINVAL" });
  }
  t.same(registry.containers, []);
  t.equal(registry.register({ name: "a", contid: CONTID_UNSET - 1n, pid: 1 }).slot, 0);
});

t.test("names that would not be a safe folder are EINVAL", async (t) => {
  const registry = new ContainerRegistry();
  const bad = ["", "host", ".", "..", ".a", "-a", "_a", "a/b", "a b", "a\0", "a\n", "é", "\u212a"];
  for (const name of [...bad, "x".repeat(65)]) {
    t.throws(() => registry.register({ name, contid: 1n, pid: 1 }), { code: "EINVAL" }, name);
  }
  for (const [index, name] of ["a", "A_.-9", "hosts", "x".repeat(64)].entries()) {
    t.match(name, CONTAINER_NAME);
    t.equal(registry.register({ name, contid: BigInt(index), pid: 1 }).name, name);
  }
});

t.test("a pid that Linux cannot have is EINVAL", async (t) => {
  const registry = new ContainerRegistry();
  for (const pid of [0, -1, 1.5, Number.NaN, 4194305, 2 ** 31]) {
    t.throws(() => registry.register({ name: "a", contid: 1n, pid }), { code: "EINVAL" });
  }
  t.equal(registry.register({ name: "a", contid: 1n, pid: 4194304 }).pid, 4194304);
});

t.test("CID-25: a contid or a name in use is EEXIST, and changes nothing", async (t) => {
  const registry = new ContainerRegistry();
  const web = registry.register({ name: "web", contid: 7n, pid: 500 });
  t.throws(() => registry.register({ name: "other", contid: 7n, pid: 501 }), {
    code: "EEXIST",
    message: "EEXIST: file exists, register other: contid 7 is in use",
  });
  t.throws(() => registry.register({ name: "web", contid: 8n, pid: 501 }), { code: "EEXIST" });
  t.same(registry.containers, [web]);
  t.equal(registry.find(8n), undefined);
  t.equal(registry.named("other"), undefined);
});

t.test("a parent that is not registered, or no more, is ENOENT", async (t) => {
  const registry = new ContainerRegistry();
  registry.register({ name: "one", contid: 1n, pid: 1 });
  registry.end(1n);
  for (const parent of [1n, 2n]) {
    t.throws(() => registry.register({ name: "a", contid: 2n, pid: 2, parent }), {
      code: "ENOENT",
    });
  }
});

t.test("CID-48, CID-49: nesting goes to MAX_DEPTH, one more is EMLINK", async (t) => {
  const registry = new ContainerRegistry();
  registry.register({ name: "c0", contid: 0n, pid: 1 });
  for (let i = 1; i < MAX_DEPTH; i++) {
    registry.register({ name: `c${i}`, contid: BigInt(i), pid: 1, parent: BigInt(i - 1) });
  }
  const parent = BigInt(MAX_DEPTH - 1);
  t.equal(registry.find(parent)?.chain.length, MAX_DEPTH);
  t.throws(() => registry.register({ name: "deep", contid: 999n, pid: 1, parent }), {
    code: "EMLINK",
  });
});

t.test("more containers than there are slots is ENOSPC", async (t) => {
  const registry = new ContainerRegistry();
  for (let i = 0; i < MAX_CONTAINERS; i++) {
    registry.register({ name: "same", contid: 1n, pid: 1 });
    registry.end(1n);
  }
  t.throws(() => registry.register({ name: "same", contid: 1n, pid: 1 }), { code: "ENOSPC" });
});

t.test("CID-36: after its end a contid is free again, and gets a new slot", async (t) => {
  const registry = new ContainerRegistry();
  const first = registry.register({ name: "web", contid: 7n, pid: 500 });
  t.equal(registry.end(7n), first);
  t.equal(first.live, false);
  t.equal(registry.find(7n), undefined);
  t.equal(registry.named("web"), undefined);
  const second = registry.register({ name: "web", contid: 7n, pid: 500 });
  t.equal(second.slot, 1);
  t.equal(registry.at(0), first);
  t.equal(registry.find(7n), second);
  t.same(registry.containers, [second]);
});

t.test("the end of what is not registered is ENOENT", async (t) => {
  const registry = new ContainerRegistry();
  t.throws(() => registry.end(7n), { code: "ENOENT" });
  registry.register({ name: "web", contid: 7n, pid: 500 });
  registry.end(7n);
  t.throws(() => registry.end(7n), { code: "ENOENT" });
});

t.test("a container in which another lives cannot end: EBUSY", async (t) => {
  const registry = new ContainerRegistry();
  registry.register({ name: "outer", contid: 1n, pid: 1 });
  registry.register({ name: "inner", contid: 2n, pid: 2, parent: 1n });
  t.throws(() => registry.end(1n), { code: "EBUSY" });
  t.equal(registry.find(1n)?.live, true);
  registry.end(2n);
  t.equal(registry.end(1n).live, false);
});

t.test("CID-47: whatever is registered and ended, no chain has a repeat", async () => {
  const contid = fc.bigInt({ min: 0n, max: 6n });
  const step = fc.record({
    contid,
    parent: fc.option(contid, { nil: undefined }),
    end: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const registry = new ContainerRegistry();
      for (const { contid, parent, end } of steps) {
        try {
          if (end) registry.end(contid);
          else {
            const nested = parent === undefined ? {} : { parent };
            registry.register({ name: `c${contid}`, contid, pid: 1, ...nested });
          }
        } catch {
          // A refusal changes nothing; the chains below show it.
        }
      }
      return registry.containers.every(
        ({ contid, chain, parent }) =>
          new Set(chain).size === chain.length &&
          chain[0] === contid &&
          (parent === undefined || parent.live) &&
          chain.slice(1).join() === (parent?.chain.join() ?? ""),
      );
    }),
  );
});
