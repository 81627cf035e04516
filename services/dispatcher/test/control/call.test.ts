import { DEFAULT_POLICY } from "@cauditd/kernel";
import t from "tap";
import { about, Call, scopeOf } from "../../src/control/call.ts";
import { Refusals } from "../../src/control/refusals.ts";
import { FakeNode, PRINCIPALS } from "./fake-node.ts";

async function callAs(name: string): Promise<{ node: FakeNode; call: Call }> {
  const node = new FakeNode();
  await node.register({ name: "web", contid: 7n, pid: 100 });
  await node.register({ name: "8", contid: 9n, pid: 300 });
  const principal = PRINCIPALS.find((one) => one.name === name) ?? PRINCIPALS[0];
  if (principal === undefined) throw new Error("no principal");
  return {
    node,
    call: new Call({
      node,
      principal: { ...principal },
      policy: DEFAULT_POLICY,
      verb: "status",
      refusals: new Refusals({ now: () => 0, later: () => () => undefined, mark: () => undefined }),
    }),
  };
}

t.test("a scope is named host, by contid, or by name; the contid comes first", async (t) => {
  const { call, node } = await callAs("root");
  t.match(call.target("host"), { container: undefined, exists: true });
  t.equal(call.target("web").container?.contid, 7n);
  t.equal(call.target("7").container?.name, "web");
  t.equal(call.target("8").container?.contid, 9n, "no contid 8: then it is a name");
  await node.register({ name: "late", contid: 8n, pid: 400 });
  t.equal(call.target("8").container?.contid, 8n);
  t.match(scopeOf(call.target("nobody")), { exists: false, scope: -1n });
});

t.test("a refusal is recorded where the caller is, with what it asked for", async (t) => {
  const { call, node } = await callAs("web");
  const target = call.target("host");
  const ask = () => call.authorise("status-read", scopeOf(target), about(target));
  t.throws(ask, { code: "EPERM", message: /status instance="host"$/ });
  t.same(node.recorded, [
    {
      in: "web",
      chain: "7",
      record:
        "CONFIG_CHANGE pid=701 uid=0 auid=1000 ses=3 op=status " +
        'instance="host" principal="web" errno=EPERM res=0',
    },
  ]);
});
