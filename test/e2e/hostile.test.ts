// A hostile tenant against a running host: everything in hostile.json is tried as the tenant `web`,
// unless it says otherwise, over deploy/nats-server.conf. All has to be refused, to be seen by an
// admin in the server's log or in our counts, and to change nothing for the other tenant, `db`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { natsStatsAsker } from "../../packages/bus/src/stats/nats-stats.ts";
import { openNatsTenantReader } from "../../packages/bus/src/stream/nats-tenant-reader.ts";
import { openNatsTenantStreams } from "../../packages/bus/src/stream/nats-tenant-streams.ts";
import type { ProcessStats } from "../../packages/operations/src/stats.ts";
import { cauditctl, cauditd, feed, start } from "../support/cauditd.ts";
import { type Deployment, startDeployedNats } from "../support/deployment.ts";
import { type Attempt, HostileTenant } from "../support/hostile-tenant.ts";

t.setTimeout(300_000);

/** Time in ms between two looks at a file. */
const LOOK_MS = 50;

const TABLE = fileURLToPath(new URL("hostile.json", import.meta.url));
const ATTEMPTS = JSON.parse(readFileSync(TABLE, "utf8")) as Attempt[];
const SCOPES = { web: "1001", db: "1002" } as const;
const TASKS = { web: 4001, db: 4002 } as const;

const event = (serial: number, pid: number): string =>
  `type=SYSCALL msg=audit(1700000000.000:${serial}): arch=c000003e syscall=59 success=yes exit=0 ` +
  `ppid=1 pid=${pid} uid=0 comm="own${serial}"\ntype=EOE msg=audit(1700000000.000:${serial}): \n`;

t.test("the table has no attempt twice, and at least forty", async (t) => {
  const names = new Set(ATTEMPTS.map(({ name }) => name));
  t.equal(names.size, ATTEMPTS.length);
  t.ok(names.size >= 40);
});

t.test("a tenant's file is what deploy/tenant.mjs prints", async (t) => {
  const deploy = fileURLToPath(new URL("../../deploy/", import.meta.url));
  for (const [name, contid] of Object.entries(SCOPES)) {
    const printed = execFileSync(process.execPath, [join(deploy, "tenant.mjs"), name, contid]);
    t.equal(printed.toString(), readFileSync(join(deploy, "tenants", `${name}.conf`), "utf8"));
  }
});

t.test("all that a hostile tenant tries is refused and seen", async (t) => {
  const deployment = await startDeployedNats(t);
  await makeStreams(t, deployment);
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const services = ["--config", configure(folder)];
  const dispatcher = start(t, ["dispatcher", ...services], { env: deployment.env("dispatcher") });
  const worker = start(t, ["auditd", "--name", "tested", ...services], {
    env: deployment.env("worker"),
  });
  await Promise.all([dispatcher.line(/epoch/), worker.line(/auditd/)]);
  const before = await places(t, deployment);
  const victim = await deployment.connect("db");
  const received: string[] = [];
  victim.subscribe("_INBOX_db.>", { callback: (_error, { subject }) => received.push(subject) });
  await victim.flush();

  const tenant = await HostileTenant.start(deployment);
  for (const attempt of ATTEMPTS) {
    await t.test(attempt.name, async (t) => {
      t.equal(await tenant.outcomeOf(attempt), attempt.outcome);
    });
  }
  await tenant.end();

  const astray = ATTEMPTS.filter(({ outcome }) => outcome === "astray").length;
  const { control } = await statsOf(deployment, "dispatcher");
  t.ok((control?.astray["web"] ?? 0) >= astray, "the dispatcher counts what goes astray");
  t.ok((control?.flooded["web"] ?? 0) > 0, "and what it did not read of the flood");
  t.same(Object.keys(control?.flooded ?? {}), ["web"]);
  t.ok(control?.unanswered !== undefined);
  t.same(received, [], "nothing reached the other tenant's inbox");
  t.same(await places(t, deployment), before, "nothing was added to a stream, nor taken from it");
  for (const [user, name] of [
    ["web", "web"],
    ["ops", "db"],
  ] as const) {
    const env = { ...deployment.env(user), CAUDITD_PRINCIPAL: user };
    const rules = await cauditctl(t, ["-c", name, "-l", "--host", "node1"], { env });
    t.match(rules, { code: 0, stdout: "-a always,exit -S all\n" }, `${name} is as it was`);
    const status = await cauditctl(t, ["-c", name, "-s", "--host", "node1"], { env });
    t.match(status, { code: 0, stdout: /^enabled 1\n/ });
  }
  const events = Buffer.from(event(1, TASKS.db) + event(2, TASKS.web) + event(3, TASKS.db));
  await feed(dispatcher, events);
  dispatcher.child.stdin.end();
  const ended = [await dispatcher.ended];
  await logged(join(folder, "logs", "db", "audit.log"), /comm="own3"/);
  await seenByOps(t, deployment);
  worker.child.kill("SIGTERM");
  ended.push(await worker.ended);
  t.same(
    ended.map(({ code }) => code),
    [0, 0],
    "all run on, and accounts add up",
  );
  const bad = ATTEMPTS.filter(({ outcome }) => outcome === "frame stored");
  const told = ended.map(({ stderr }) => stderr.match(/"frame refused"/g)?.length ?? 0);
  t.same(told, [0, bad.length], "bad frames are told of");
  const users = ["dispatcher", "worker", "ops", "web", "db"];
  const secrets = users.map((user) => readFileSync(deployment.creds(user), "utf8").trim());
  for (const text of [...ended.map(({ stderr }) => stderr), deployment.log.join("\n")]) {
    t.notOk(
      secrets.some((secret) => text.includes(secret)),
      "no secret is logged",
    );
  }
  const log = (name: string): string =>
    readFileSync(join(folder, "logs", name, "audit.log"), "utf8");
  t.match(log("db"), /comm="own1"(?:.*\n)+.*comm="own3"/);
  t.notMatch(log("db"), /forged|own2|principal/);
  t.match(log("web"), /comm="own2"/);
  t.equal(log("web").match(/again=1/g)?.length, 1, "what was sent three times is done once");
  t.notMatch(log("host"), /forged/);
});

/** The admin sees what the worker has, and no tenant does. */
async function seenByOps(t: Test, deployment: Deployment): Promise<void> {
  const ps = (user: string) => {
    const args = ["ps", "--json", "--host", "node1", "--principal", user];
    return cauditd(t, args, { env: deployment.env(user) });
  };
  const { code, stdout } = await ps("ops");
  t.equal(code, 0);
  const { scopes } = JSON.parse(stdout) as { scopes: { scope: string }[] };
  const db = scopes.find(({ scope }) => scope === SCOPES.db);
  t.match(db, { name: "db", owner: "tested", written: 2, filtered: 0 });
  t.match(await ps("web"), { code: 1, stdout: "", stderr: /EACCES/ });
}

/** What a service tells an admin of itself. */
async function statsOf({ url, ca, creds, inbox }: Deployment, role: string): Promise<ProcessStats> {
  const ops = { creds: creds("ops"), inboxPrefix: inbox("ops") };
  const asker = await natsStatsAsker({ url, ca, ...ops, host: "node1", roles: [role] });
  const [said] = await asker.ask();
  await asker.close();
  return said as ProcessStats;
}

/** Resolves when a file has a text. */
async function logged(path: string, pattern: RegExp): Promise<void> {
  const has = (): boolean => existsSync(path) && pattern.test(readFileSync(path, "utf8"));
  while (!has()) await setTimeout(LOOK_MS);
}

function configure(folder: string): string {
  const path = join(folder, "cauditd.yaml");
  const right = "capabilities: [CAP_AUDIT_CONTROL, CAP_AUDIT_WRITE]";
  const text = `logs: ${join(folder, "logs")}
source: { type: stdin }
containers:
  - { name: web, contid: "${SCOPES.web}", pid: ${TASKS.web} }
  - { name: db, contid: "${SCOPES.db}", pid: ${TASKS.db} }
control:
  host: node1
  socket: false
  principals:
    ops: { capabilities: all, auid: 1000 }
    web: { contid: "${SCOPES.web}", ${right}, auid: 2001, pid: ${TASKS.web} }
    db: { contid: "${SCOPES.db}", ${right}, auid: 2002 }
`;
  writeFileSync(path, text);
  return path;
}

/** A batch in the stream of each tenant, and a consumer. */
async function makeStreams(t: Test, { url, ca, creds, inbox }: Deployment): Promise<void> {
  const worker = { creds: creds("worker"), inboxPrefix: inbox("worker") };
  const streams = await openNatsTenantStreams({ url, ca, ...worker, host: "node1" });
  for (const scope of Object.values(SCOPES)) {
    const limits = { bytes: 1_000_000, age: 0 };
    const writer = await streams.open(scope, { limits, consumers: ["reader"] });
    const bytes = Buffer.from("type=USER msg=audit(1700000000.000:1): a=b\n");
    await writer.publish({ generation: 1, first: 1, last: 1, events: 1, bytes });
    await writer.close();
  }
  await streams.close();
  t.pass("a worker may make streams and consumers, and write");
}

/** What each tenant itself sees of its stream: its places, and a batch to take. */
async function places(t: Test, { url, ca, creds }: Deployment): Promise<object> {
  const found: Record<string, object> = {};
  for (const [name, scope] of Object.entries(SCOPES)) {
    const reader = await openNatsTenantReader({
      ...{ url, ca, scope, host: "node1", timeout: 5000 },
      creds: creds(name),
      inboxPrefix: `_INBOX_${name}`,
    });
    t.teardown(() => reader.close());
    const taken = await reader.take("reader", 1, 5000);
    for (const delivery of taken) delivery.release();
    found[name] = { ...(await reader.bounds()), taken: taken.map(({ batch }) => batch.first) };
    await reader.close();
  }
  return found;
}
