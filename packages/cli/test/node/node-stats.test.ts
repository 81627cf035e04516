import t from "tap";
import { Node } from "../../src/node/node.ts";
import { nodeStats } from "../../src/node/node-stats.ts";
import { fakeIo } from "../fake-io.ts";
import { events } from "../records.ts";

t.test("a node tells of its source, its queues and its instances", async (t) => {
  const containers = [{ name: "web", contid: 1n, pid: 100 }];
  const options = { out: t.testdir({}), containers, onFull: "wait", log: fakeIo().log } as const;
  const node = await Node.start(options);
  t.teardown(() => node.stop());
  node.dispatcher.push(Buffer.from(events(1, 3, 100)));
  await node.finish();
  const stats = nodeStats(node, "node1");
  t.match(stats, {
    role: "node",
    host: "node1",
    problems: [],
    source: { captured: 6, events: 3 },
    queues: [
      { name: "host", scope: "host", routed: 3, published: 3, held: 0 },
      { name: "web", scope: "1", routed: 3, lost: 0 },
    ],
    instances: [
      { name: "host", account: { routed: 3, written: 3 }, serial: 3, enabled: 1, rules: 1 },
      { name: "web", scope: "1", backlogLimit: 8192, refused: 0, log: { suspended: false } },
    ],
  });
  t.ok(stats.instances.every(({ log }) => log.written > 0 && log.written === log.size));
  t.same(JSON.parse(JSON.stringify(stats)), stats, "it is plain JSON");
});
