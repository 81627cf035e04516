import { ContainerRegistry } from "@cauditd/kernel";
import t from "tap";
import { type ListedContainer, planContainers } from "../../src/service/container-plan.ts";
import { checkChangeable, type ReloadedNode, reloadContainers } from "../../src/service/reload.ts";

const web = { name: "web", contid: 1n, pid: 100 };
const db = { name: "db", contid: 2n, pid: 200 };

/** A node that does what it is told, and says so. */
function fakeNode(changeable = true) {
  const registry = new ContainerRegistry();
  const done: string[] = [];
  const node: ReloadedNode = {
    registry,
    changeable,
    listed: () =>
      registry.containers.map((one): ListedContainer => {
        const { name, contid, pid } = one;
        return { name, contid, pid, live: false };
      }),
    attach: async (registration) => {
      const container = registry.register(registration);
      done.push(`attach ${container.name}`);
      return container;
    },
    claim: async ({ name }, pid) => void done.push(`claim ${name} ${pid}`),
    end: async (contid) => {
      done.push(`end ${registry.end(contid).name}`);
    },
    record: ({ body }, target) => void done.push(`${target?.name}: ${body}`),
  };
  return { node, done };
}

const WHO = "auid=4294967295 ses=4294967295 res=1";

t.test("CID-3, CID-33: containers end and begin, each with its record", async (t) => {
  const { node, done } = fakeNode();
  await node.attach(web);
  const wanted = [{ ...db }];
  const outcome = await reloadContainers(node, planContainers(node.listed(), wanted), undefined);
  t.same(outcome, { begun: ["db"], ended: ["web"], moved: [], failed: [] });
  t.same(done.slice(1), [
    `web: op=drop opid=100 contid=-1 old-contid=1 ${WHO}`,
    "end web",
    "attach db",
    `db: op=set opid=200 contid=2 old-contid=-1 ${WHO}`,
  ]);
});

t.test("another first task is put into its container", async (t) => {
  const { node, done } = fakeNode();
  await node.attach(web);
  const plan = planContainers(node.listed(), [{ ...web, pid: 101 }]);
  t.match(await reloadContainers(node, plan, undefined), { moved: ["web"] });
  t.same(done.slice(1), ["claim web 101"]);
});

t.test("a source that makes the tasks begins and ends them", async (t) => {
  const { node, done } = fakeNode();
  const maker = {
    begin: ({ name, contid }: { name: string; contid: bigint }) => ({ name, contid, pid: 7 }),
    end: (name: string) => void done.push(`last records of ${name}`),
  };
  const { contid, name } = web;
  await reloadContainers(node, planContainers([], [{ name, contid }]), maker);
  t.equal(node.registry.find(1n)?.pid, 7);
  await reloadContainers(node, planContainers(node.listed(), []), maker);
  t.same(done.slice(2, 3), ["last records of web"]);
  t.same(node.registry.containers, []);
});

t.test("one that fails is told, and the others go on", async (t) => {
  const { node } = fakeNode();
  await node.attach({ ...web, name: "db" });
  const plan = planContainers([], [db, { name: "cache", contid: 3n, pid: 300 }]);
  const { begun, failed } = await reloadContainers(node, plan, undefined);
  t.same(begun, ["cache"]);
  t.match(failed, [/^db: EEXIST/]);
});

t.test("containers of a log that is read to its end stay", async (t) => {
  const { node } = fakeNode(false);
  const plan = planContainers([], [web]);
  await t.rejects(reloadContainers(node, plan, undefined), { code: "EOPNOTSUPP" });
  t.doesNotThrow(() => checkChangeable(node, planContainers([], [])));
});
