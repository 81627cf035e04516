import { credentialsOf, localRoot } from "@cauditd/dispatcher";
import { ContainerRegistry } from "@cauditd/kernel";
import { ALL_CAPABILITIES } from "@cauditd/libaudit";
import t from "tap";
import { homeOf } from "../../src/control/principal.ts";

t.test("root at the host has every right there, and no container", async (t) => {
  const root = localRoot("root", 7);
  t.match(root.subject, { pid: 7, uid: 0, auid: 4294967295, ses: 4294967295 });
  t.same(credentialsOf(root, new ContainerRegistry()), {
    capabilities: ALL_CAPABILITIES,
    initUserns: true,
    initPidns: true,
    capcontid: false,
    chain: [],
  });
});

t.test("a principal's chain is that of its container as it is now", async (t) => {
  const registry = new ContainerRegistry();
  const inner = { ...localRoot("inner", 7), contid: 9n };
  t.same(credentialsOf(inner, registry).chain, [9n]);
  t.equal(homeOf(inner, registry), undefined);
  registry.register({ name: "web", contid: 7n, pid: 1 });
  registry.register({ name: "in", contid: 9n, pid: 2, parent: 7n });
  t.same(credentialsOf(inner, registry).chain, [9n, 7n]);
  t.equal(homeOf(inner, registry)?.name, "in");
});
