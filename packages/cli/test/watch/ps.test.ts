import { serveNatsStats } from "@cauditd/bus";
import t from "tap";
import { startNatsServer } from "../../../bus/test/nats-server.ts";
import { instanceStats, processStats } from "../../../operations/test/process-stats.ts";
import { processLine, ps } from "../../src/watch/ps.ts";
import { fakeIo } from "../fake-io.ts";

t.test("a process is a line, and so is each thing that is wrong with it", async (t) => {
  const stats = processStats({ pid: 7, uptime: 65, problems: ["web: no space"] });
  t.equal(processLine(stats), "node node1: pid 7, up 65 s, 0 instances\n  web: no space\n");
  const dispatcher = processStats({ role: "dispatcher", name: "d" });
  t.equal(processLine(dispatcher), "dispatcher d: pid 1, up 0 s\n");
});

t.test("ps prints the scopes and the processes; 1 when something is wrong", async (t) => {
  const { url } = await startNatsServer(t, { jetstream: false });
  let problems: string[] = [];
  const instances = [instanceStats()];
  const served = await serveNatsStats({ url, host: "h", role: "node", version: "0.1.0" }, () =>
    processStats({ instances, problems }),
  );
  t.teardown(() => served.close());
  const options = { nats: url, host: "h" };
  const io = fakeIo();
  t.equal(await ps(options, io), 0);
  t.match(io.stdout(), /^scope .*\nweb +1001 +node1 .*\nnode node1: pid 1, /);
  problems = ["web: no space"];
  t.equal(await ps(options, fakeIo()), 1);
  const json = fakeIo();
  await ps({ ...options, json: true }, json);
  t.match(JSON.parse(json.stdout()), { scopes: [{ name: "web" }], processes: [{ pid: 1 }] });
});
