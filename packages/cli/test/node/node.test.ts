import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Disk, machineDisk } from "@cauditd/auditd";
import t from "tap";
import { startNatsServer } from "../../../bus/test/nats-server.ts";
import { Node, type NodeOptions } from "../../src/node/node.ts";
import { fakeIo } from "../fake-io.ts";
import { event, events } from "../records.ts";

const containers = [
  { name: "web", contid: 1n, pid: 100 },
  { name: "in", contid: 2n, pid: 200, parent: 1n },
];

function options(out: string, more: Partial<NodeOptions> = {}): NodeOptions {
  return { out, containers, onFull: "wait", log: fakeIo().log, ...more };
}

t.test("events go to their scopes' logs, and the report adds up (CID-90, CID-91)", async (t) => {
  const out = t.testdir({});
  const node = await Node.start(options(out));
  t.equal(node.bus, "memory");
  node.dispatcher.push(Buffer.from(events(1, 2, 100) + event(3, 200, 100) + event(4, 7)));
  await node.finish();
  await node.stop();
  const report = node.report();
  t.same(report.problems, []);
  t.match(report.host, { captured: 8, records: 8, events: 4, open: 0, malformed: 0 });
  t.same(
    [...report.host.direct],
    [
      ["host", 1],
      ["web", 2],
      ["in", 1],
    ],
  );
  t.same(
    report.scopes.map(({ name, scope, account, path }) => [name, scope, account.written, path]),
    [
      ["host", "host", 4, join(out, "host/audit.log")],
      ["web", "1", 3, join(out, "web/audit.log")],
      ["in", "2", 1, join(out, "in/audit.log")],
    ],
  );
  t.match(readFileSync(join(out, "in/audit.log"), "latin1"), /: record=1 contid=2\n/);
  t.match(readFileSync(join(out, "web/audit.log"), "latin1"), /: record=1 contid=2,\^1\n/);
});

t.test("events on the way are in flight", async (t) => {
  const node = await Node.start(options(t.testdir({})));
  node.dispatcher.push(Buffer.from(events(1, 3, 100)));
  const [host, web] = node.report().scopes;
  t.ok((host?.account.inFlight ?? 0) >= 2);
  t.equal(host?.account.written, 0);
  t.equal(web?.account.inFlight, web?.account.routed);
  t.same(node.report().problems, []);
  await node.finish();
  t.same(
    node.report().scopes.map(({ account }) => [account.inFlight, account.written]),
    [
      [0, 3],
      [0, 3],
      [0, 0],
    ],
  );
  await node.stop();
});

t.test("a source that is given up leaves out the line that it was in", async (t) => {
  for (const [complete, records] of [
    [true, 3],
    [false, 2],
  ] as const) {
    const node = await Node.start(options(t.testdir({})));
    node.dispatcher.push(Buffer.from(event(1, 100) + event(2, 100).split("\n")[0]));
    await node.finish(complete);
    await node.stop();
    t.equal(node.report().host.records, records);
  }
});

t.test("a log that cannot be written loses its scope's events, and no other's", async (t) => {
  const { log, logged } = fakeIo();
  const out = t.testdir({});
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  let web = "";
  const disk: Disk = {
    ...machineDisk,
    hold: async (folder) => {
      const held = await machineDisk.hold(folder);
      if (folder.endsWith("/web")) web = held.at;
      return held;
    },
    open: async (path, ...rest) => {
      const file = await machineDisk.open(path, ...rest);
      if (path === join(web, "audit.log")) file.append = () => Promise.reject(full);
      return file;
    },
  };
  const node = await Node.start(options(out, { log, logs: { disk } }));
  node.dispatcher.push(Buffer.from(events(1, 5, 100)));
  await t.rejects(node.finish(), { code: "ENOSPC" });
  await node.stop();
  const { scopes, problems } = node.report();
  t.same(problems, []);
  t.same(
    scopes.map(({ account }) => [account.written, account.lost.disk]),
    [
      [5, 0],
      [0, 5],
      [0, 0],
    ],
  );
  t.same(logged, ["error: cannot write the log"]);
});

t.test("the folder is made ready before a log is opened, and not without a bus", async (t) => {
  const out = join(t.testdir({}), "out");
  const calls: boolean[] = [];
  const prepare = async (): Promise<void> => {
    calls.push(existsSync(out));
  };
  await (await Node.start(options(out, { prepare }))).stop();
  t.same(calls, [false]);
  const nats = "nats://127.0.0.1:1";
  await t.rejects(Node.start(options(out, { prepare, nats })), { message: /ECONNREFUSED/ });
  t.equal(calls.length, 1);
});

t.test("what goes wrong at the start ends it, with everything closed", async (t) => {
  const out = t.testdir({ web: "a file" });
  await t.rejects(Node.start(options(out)), { code: "ENOTDIR" });
  const failed = new Error("not ready");
  await t.rejects(Node.start(options(out, { prepare: () => Promise.reject(failed) })), failed);
  const twice = [...containers, { name: "web", contid: 3n, pid: 1 }];
  const other = t.testdir({});
  await t.rejects(Node.start(options(other, { containers: twice })), { message: /EEXIST/ });
});

t.test("over NATS it is the same", async (t) => {
  const { url } = await startNatsServer(t);
  const node = await Node.start(options(join(t.testdirName, "out"), { nats: url }));
  t.equal(node.bus, "nats");
  node.dispatcher.push(Buffer.from(events(1, 3, 100)));
  await node.finish();
  await node.stop();
  t.same(node.report().problems, []);
  t.same(
    node.report().scopes.map(({ account }) => account.written),
    [3, 3, 0],
  );
});
