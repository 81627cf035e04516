import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ControlClient, natsTransport } from "@cauditd/bus";
import { DEFAULT_POLICY } from "@cauditd/kernel";
import t from "tap";
import { startNatsServer } from "../../../bus/test/nats-server.ts";
import { Node } from "../../src/node/node.ts";
import { NodeControl } from "../../src/node/node-control.ts";
import { controlledNode, NOW, principal } from "../cauditctl/controlled-node.ts";
import { fakeIo } from "../fake-io.ts";

t.test("a record is stamped with the time and goes to the scopes that may see it", async (t) => {
  const out = t.testdir({});
  const containers = [
    { name: "web", contid: 7n, pid: 100 },
    { name: "in", contid: 9n, pid: 200, parent: 7n },
  ];
  const principals = [principal("inner", "all", 9n)];
  const { client, settle, node } = await controlledNode(t, out, containers, principals);
  await client("inner").request("user-record", { text: "hello" });
  await settle();
  const log = (name: string): string => readFileSync(join(out, name, "audit.log"), "latin1");
  const lines = (contid: string): string =>
    "type=USER msg=audit(1795459259.614:1): pid=0 uid=0 auid=4294967295 ses=4294967295 " +
    `msg='hello'\ntype=CONTAINER_ID msg=audit(1795459259.614:1): record=1 contid=${contid}\n`;
  const sorted = (text: string): string[] => text.split("\n").sort();
  t.same(sorted(log("in")), sorted(lines("9")));
  t.same(sorted(log("web")), sorted(lines("9,^7")));
  t.same(sorted(log("host")), sorted(lines("9,^7")));
  const report = node.report();
  t.same(report.problems, []);
  t.same(
    [...report.host.direct],
    [
      ["host", 0],
      ["web", 0],
      ["in", 1],
    ],
  );
});

t.test("over NATS the principals of the configuration ask, and nobody else", async (t) => {
  const server = await startNatsServer(t, { jetstream: false });
  const out = t.testdirName;
  const { log } = fakeIo();
  const node = await Node.start({ out: join(out, "logs"), containers: [], onFull: "drop", log });
  t.teardown(() => node.stop());
  const config = { host: "h1", policy: DEFAULT_POLICY, principals: [principal("ops", "all")] };
  const control = await NodeControl.start({ node, config, nats: server.url, log, now: () => NOW });
  const as = async (name: string): Promise<ControlClient> => {
    const transport = await natsTransport({ url: server.url, host: "h1", principal: name });
    const client = new ControlClient(transport, { now: () => NOW });
    t.teardown(() => client.close());
    return client;
  };
  const ops = await as("ops");
  t.match(await ops.request("status"), { enabled: 1 });
  await t.rejects((await as("nobody")).request("status"), { code: "EPERM" });
  await control.close();
  await t.rejects(ops.request("status"), { code: "EHOSTUNREACH" });
});
