import t from "tap";
import { controlOf, type FakeNode } from "./fake-node.ts";

function said(node: FakeNode): string[] {
  return node.recorded.map((one) => `${one.in}: ${one.record}`);
}

const ROOT = "auid=4294967295 ses=4294967295";

t.test(
  "CID-2, CID-3, CID-36: a container is registered, ended, and registered again",
  async (t) => {
    const { control, node } = await controlOf();
    const web = { pid: 500, contid: "42", name: "cache" };
    t.same(await control.handle("root", "register", web), { name: "cache", contid: "42" });
    t.equal(node.instances.get(node.registry.find(42n))?.scope, "42");
    t.same(await control.handle("root", "contid", { pid: 500 }), { contid: "42" });
    await control.handle("root", "end", { contid: "42" });
    t.same(await control.handle("root", "contid", { pid: 500 }), {
      contid: "18446744073709551615",
    });
    t.equal(node.registry.find(42n), undefined);
    t.same(await control.handle("root", "register", { pid: 501, contid: "42\n" }), {
      name: "c42",
      contid: "42",
    });
    t.same(said(node), [
      `cache: CONTAINER_OP op=set opid=500 contid=42 old-contid=-1 ${ROOT} res=1`,
      `cache: CONTAINER_OP op=drop opid=500 contid=-1 old-contid=42 ${ROOT} res=1`,
      `c42: CONTAINER_OP op=set opid=501 contid=42 old-contid=-1 ${ROOT} res=1`,
    ]);
  },
);

t.test("CID-4 to CID-8: nobody inside a container registers, whatever it may do", async (t) => {
  const { control, node } = await controlOf();
  for (const name of ["web", "reader", "weak"]) {
    const body = { pid: 102, contid: "99" };
    await t.rejects(control.handle(name, "register", body), { code: "EPERM" }, name);
  }
  t.equal(node.registry.find(99n), undefined);
  t.same(
    node.recorded.map((one) => [one.in, one.record.split(" ").at(-1)]),
    [
      ["web", "res=0"],
      ["web", "res=0"],
      ["host", "res=0"],
    ],
  );
  await t.rejects(control.handle("web", "contid", { pid: 100 }), { code: "EPERM" });
});

t.test("CID-15, CID-17, CID-19: a task that is gone, or has children or threads", async (t) => {
  const { control, node } = await controlOf();
  const set = (pid: number) => control.handle("root", "register", { pid, contid: "99" });
  node.states.set(500, "gone").set(501, "busy");
  await t.rejects(set(500), { code: "ESRCH" });
  t.same(node.recorded, [], "no record of a task that is not there");
  await t.rejects(control.handle("root", "contid", { pid: 500 }), { code: "ESRCH" });
  node.recorded.length = 0;
  await t.rejects(set(501), { code: "EBUSY" });
  t.match(said(node), [/CONTAINER_OP op=set opid=501 contid=99 .* res=0$/]);
  t.equal(node.registry.find(99n), undefined);
});

t.test(
  "CID-17, CID-18: a child that events have told of is in the way until it exits",
  async (t) => {
    const { control, node } = await controlOf();
    const call = (syscall: number, serial: number): string =>
      `type=SYSCALL msg=audit(1700000000.000:${serial}): arch=c000003e syscall=${syscall} ` +
      'success=yes exit=0 items=0 ppid=100 pid=101 auid=1 uid=0 exe="/bin/sh" key=(null)\n' +
      `type=PROCTITLE msg=audit(1700000000.000:${serial}): proctitle="sh"\n`;
    const next = "type=SYSCALL msg=audit(1700000000.000:9): arch=c000003e pid=1 ppid=0\n";
    node.dispatcher.push(Buffer.from(call(39, 1) + next));
    node.dispatcher.flush();
    const nest = () => control.handle("root", "register", { pid: 100, contid: "99", parent: "7" });
    await t.rejects(nest(), { code: "EBUSY" });
    node.dispatcher.push(Buffer.from(call(231, 2) + next));
    node.dispatcher.flush();
    t.match(await nest(), { contid: "99" });
  },
);

t.test("CID-9, CID-11, CID-12, CID-125: contids that are none", async (t) => {
  const { control, node } = await controlOf();
  const set = (contid: string) => control.handle("root", "register", { pid: 500, contid });
  for (const text of ["abc", "", "-1", "12 3", "0x10"]) {
    await t.rejects(set(text), { code: "EINVAL" }, text);
  }
  await t.rejects(set("18446744073709551616"), { code: "ERANGE" });
  t.same(node.recorded, [], "what cannot be read is not recorded");
  await t.rejects(set("18446744073709551615"), { code: "EINVAL" });
  t.match(said(node), [/contid=18446744073709551615 old-contid=-1 .* res=0$/]);
});

t.test("CID-24, CID-28: the owner enters its container, and does not move a task", async (t) => {
  const { control, node } = await controlOf();
  await control.handle("root", "register", { pid: 500, contid: "42" });
  await control.handle("root", "register", { pid: 600, contid: "42" });
  t.same(await control.handle("root", "contid", { pid: 600 }), { contid: "42" });
  t.equal(node.registry.containers.length, 3, "no second container");
  const move = control.handle("root", "register", { pid: 600, contid: "43" });
  await t.rejects(move, { code: "EEXIST" });
  const again = control.handle("root", "register", { pid: 600, contid: "42" });
  await t.rejects(again, { code: "EEXIST" }, "CID-25");
});

t.test("CID-40 to CID-46, CID-54: an orchestrator inside registers what is nested", async (t) => {
  const { control, node } = await controlOf();
  await node.adopt(node.registry.find(7n) as never, 110);
  await control.handle("engine", "register", { pid: 110, contid: "71", name: "in" });
  t.same(node.registry.find(71n)?.chain, [71n, 7n]);
  t.match(said(node), [/^in: CONTAINER_OP op=set opid=110 contid=71 old-contid=7 auid=1000 /]);
  const outside = control.handle("engine", "register", { pid: 200, contid: "72" });
  await t.rejects(outside, { code: "EXDEV" }, "CID-21: a task of db");
  const taken = control.handle("engine", "register", { pid: 100, contid: "8" });
  await t.rejects(taken, { code: "ENOTUNIQ" }, "CID-29");
  const self = control.handle("engine", "register", { pid: 701, contid: "72" });
  await t.rejects(self, { code: "EXDEV" }, "CID-20");
  const upward = { pid: 100, contid: "73", parent: "8" };
  await t.rejects(control.handle("engine", "register", upward), { code: "EPERM" });
  t.same(await control.handle("engine", "contid", { pid: 110 }), { contid: "71" });
  t.same(await control.handle("engine", "contid", { pid: 200 }), {
    contid: "18446744073709551615",
  });
  await t.rejects(control.handle("engine", "end", { contid: "7" }), { code: "EPERM" });
  await t.rejects(control.handle("root", "end", { contid: "7" }), { code: "EBUSY" });
  await control.handle("engine", "end", { contid: "71" });
  await t.rejects(control.handle("root", "end", { contid: "71" }), { code: "ENOENT" });
});

t.test("the host registers a nested container in place of an orchestrator", async (t) => {
  const { control, node } = await controlOf();
  await node.adopt(node.registry.find(7n) as never, 110);
  await control.handle("root", "register", { pid: 110, contid: "71", parent: "7" });
  t.same(node.registry.find(71n)?.chain, [71n, 7n]);
  const lost = { pid: 111, contid: "72", parent: "6" };
  await t.rejects(control.handle("root", "register", lost), { code: "ENOENT" });
  t.match(said(node).at(-1), /contid=72 .* res=0$/);
});

t.test("CID-51 to CID-56: capcontid is given, used and taken back", async (t) => {
  const { control, node } = await controlOf();
  await node.adopt(node.registry.find(7n) as never, 110);
  const nest = (contid: string) => control.handle("web", "register", { pid: 110, contid });
  await t.rejects(nest("71"), { code: "EPERM" });
  await control.handle("root", "capcontid-set", { pid: 701, value: 1 });
  t.equal(
    said(node).at(-1),
    `web: SET_CAPCONTID opid=701 capcontid=1 old-capcontid=0 ${ROOT} res=1`,
  );
  await nest("71");
  await control.handle("root", "capcontid-set", { pid: 701, value: 0 });
  await t.rejects(nest("72"), { code: "EPERM" });
  const gone = control.handle("root", "capcontid-set", { pid: 999, value: 1 });
  await t.rejects(gone, { code: "ESRCH" });
  const two = control.handle("root", "capcontid-set", { pid: 701, value: 2 });
  await t.rejects(two, { code: "EINVAL" });
  const weak = control.handle("web", "capcontid-set", { pid: 801, value: 1 });
  await t.rejects(weak, { code: "EPERM" });
  t.match(said(node).at(-1), /^web: SET_CAPCONTID opid=801 capcontid=1 .* res=0$/);
});

t.test("the instances are those that the caller may read", async (t) => {
  const { control } = await controlOf();
  const names = async (principal: string): Promise<string[]> => {
    const { instances } = (await control.handle(principal, "instances", {})) as {
      instances: { name: string }[];
    };
    return instances.map(({ name }) => name);
  };
  t.same(await names("root"), ["host", "web", "db"]);
  t.same(await names("web"), ["web"]);
  t.same(await names("reader"), []);
});

t.test("CID-93: what is nested is listed without the contids around it", async (t) => {
  const { control, node } = await controlOf();
  await node.register({ name: "in", contid: 71n, pid: 710, parent: 7n });
  const listed = await control.handle("root", "instances", {});
  t.match(listed, { instances: [{ parent: null }, {}, {}, { name: "in", parent: "7" }] });
});
