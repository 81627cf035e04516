// Containers that come and go with cauditd.yaml, at SIGHUP, while everything goes on.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditctl, type Running, start } from "../support/cauditd.ts";
import { servicesHost, sizeOf, until } from "../support/services.ts";

t.setTimeout(120_000);

const web = { name: "web", contid: "1001" };
const db = { name: "db", contid: "1002" };
const cache = { name: "cache", contid: "1003", parent: "1001" };

/** As in deploy/cauditd.yaml: a contid is a bigint when it has been read. */
const principals = { web: { contid: "1001", capabilities: ["CAP_AUDIT_CONTROL"], auid: 2001 } };

/** A folder, and a configuration in it that can be changed. */
function changing(t: Test, first: object) {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "cauditd.yaml");
  const change = (more: object) => writeFileSync(config, JSON.stringify({ ...first, ...more }));
  return { folder, config, logs: join(folder, "logs"), change };
}

/** What a process says of a reload; each looks for another text. */
async function reloaded(process: Running, pattern: RegExp): Promise<string> {
  process.child.kill("SIGHUP");
  return await process.line(pattern);
}

function log(logs: string, folder: string): string {
  return readFileSync(join(logs, folder, "audit.log"), "latin1");
}

/** Serials of a log's events, which have to be without a gap. */
function hasGap(text: string): boolean {
  const serials = [...text.matchAll(/^type=\S+ msg=audit\(\d+\.\d{3}:(\d+)\)/gm)].map(
    ([, serial]) => Number(serial),
  );
  return serials.some((serial, at) => at > 0 && serial - (serials[at - 1] as number) > 1);
}

t.test("a dispatcher attaches and detaches containers with no restart", async (t) => {
  const server = await startNatsServer(t);
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const more = {
    source: { type: "simulator", rate: 300 },
    control: { socket: join(folder, "s"), principals },
  };
  const host = servicesHost(t, folder, server.url, 10, { ...more, containers: [web, db] });
  const { config, logs } = host;
  const change = (change: object): void => {
    writeFileSync(
      config,
      JSON.stringify({ ...JSON.parse(readFileSync(config, "utf8")), ...change }),
    );
  };
  const worker = await host.worker("a");
  const dispatcher = host.dispatcher();
  await dispatcher.line(/"epoch"/);
  await until(() => [web, db].every(({ name }) => sizeOf(logs, name) > 0));

  change({ containers: [web, cache], rules: { cache: join(folder, "cache.rules") } });
  writeFileSync(join(folder, "cache.rules"), "-a always,exit -F arch=b64 -S openat -k cache\n");
  await reloaded(worker, /"reloaded":\{"failed":\[\],"restart":\[\]/);
  t.match(
    await reloaded(dispatcher, /"reloaded":\{"begun":\["cache"\]/),
    /"ended":\["db"\],"moved":\[\],"failed":\[\],"restart":\[\]/,
  );
  await until(() => sizeOf(logs, "cache") > 0 && / syscall=\d+ /.test(log(logs, "cache")));
  const calls = new Set(log(logs, "cache").match(/ syscall=\d+ /g));
  t.same([...calls], [" syscall=257 "], "with the rules that the worker has read again");
  t.match(log(logs, "db~1"), /^type=CONTAINER_OP .*op=drop .* old-contid=1002 .*res=1\n$/m);
  t.notOk(existsSync(join(logs, "db")), "CID-104: its log is set aside");
  const web1 = sizeOf(logs, "web");
  await until(() => sizeOf(logs, "web") > web1);

  // A file that is refused leaves all as it is.
  writeFileSync(config, "logs: 1\ncontainers: [{ name: host }]\n");
  dispatcher.child.kill("SIGHUP");
  const said = await new Promise<string>((resolve) => {
    dispatcher.child.stderr.on("data", (text) => resolve(String(text)));
  });
  t.match(JSON.parse(said).problems, [
    /cauditd\.yaml:1: logs: /,
    /cauditd\.yaml:1: source: /,
    /cauditd\.yaml:2: containers\[0\]\.name: /,
    /cauditd\.yaml:2: containers\[0\]\.contid: /,
  ]);
  const listed = await cauditctl(t, ["--socket", join(folder, "s"), "-c", "cache", "-s"]);
  t.match(listed, { code: 0, stdout: /^enabled 1$/m });

  dispatcher.child.kill("SIGTERM");
  t.match(await dispatcher.ended, { code: 0 });
  await until(() => !hasGap(log(logs, "web")));
  worker.child.kill("SIGTERM");
  t.match(await worker.ended, { code: 0, stderr: "" });
  for (const name of ["host", "web", "cache", "db~1"]) t.notOk(hasGap(log(logs, name)), name);
  t.notMatch(log(logs, "cache"), /contid=1002/);
});

t.test("a dispatcher of a recorded log keeps its containers, and says why", async (t) => {
  const server = await startNatsServer(t);
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const host = servicesHost(t, folder, server.url);
  const dispatcher = host.dispatcher();
  await dispatcher.line(/"epoch"/);
  const text = readFileSync(host.config, "utf8");
  writeFileSync(host.config, JSON.stringify({ ...JSON.parse(text), containers: [] }));
  dispatcher.child.kill("SIGHUP");
  const said = await new Promise<string>((resolve) => {
    dispatcher.child.stderr.on("data", (bytes) => resolve(String(bytes)));
  });
  t.match(said, /EOPNOTSUPP.*containers: the source is a log/);
  dispatcher.child.kill("SIGTERM");
  await dispatcher.ended;
});

t.test("a node does the same, and reads its auditd.conf again as before", async (t) => {
  const { folder, config, logs, change } = changing(t, {
    logs: "logs",
    source: { type: "simulator", rate: 300 },
    control: { principals },
  });
  change({ containers: [web, db] });
  const node = start(t, ["up", "--config", config], { cwd: folder });
  await node.line(/ db \d+\/s [1-9]/);
  change({ containers: [web, cache], control: { host: "other", principals } });
  node.child.kill("SIGHUP");
  await node.line(/ cache \d+\/s [1-9]/);
  await until(() => existsSync(join(logs, "db~1")));
  change({ containers: [web] });
  node.child.kill("SIGHUP");
  await until(() => existsSync(join(logs, "cache~1")));
  node.child.kill("SIGTERM");
  const { code, stdout, stderr } = await node.ended;
  t.equal(code, 0, stdout + stderr);
  t.match(stdout, /every event is accounted for/);
  t.match(stderr, /"begun":\["cache"\],"ended":\["db"\].*"restart":\["control"\]/);
  for (const name of ["host", "web", "cache~1", "db~1"]) t.notOk(hasGap(log(logs, name)), name);
});
