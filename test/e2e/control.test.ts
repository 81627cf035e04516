// Control of a node by real processes: over its socket, and over a NATS server with permissions.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { cauditctl, type Ended, start } from "../support/cauditd.ts";
import { startDeployedNats } from "../support/deployment.ts";

// Two dozen processes, on a machine that may be busy.
t.setTimeout(300_000);

/** A folder whose path leaves room for a socket. */
function shortFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function configured(folder: string, control: string): string {
  const config = join(folder, "cauditd.yaml");
  const text = `logs: ${join(folder, "logs")}
source: { type: stdin }
containers:
  - { name: web, contid: "1001", pid: 4001 }
  - { name: db, contid: "1002", pid: 4002 }
${control}`;
  writeFileSync(config, text);
  return config;
}

t.test("over its socket, root of the host rules every instance", async (t) => {
  const folder = shortFolder(t);
  const config = configured(folder, "");
  const node = start(t, ["up", "--config", config]);
  await node.line(/ host /);
  const ctl = (...args: string[]): Promise<Ended> => cauditctl(t, args, { cwd: folder });
  t.match(await ctl("-c", "web", "-s"), {
    code: 0,
    stdout: /^enabled 1\nfailure 1\npid \d+\n(?:.*\n)+loginuid_immutable 0 unlocked\n$/,
  });
  t.match(await ctl("-c", "web", "-w", "/srv/data", "-p", "wa", "-k", "one"), { code: 0 });
  t.equal(
    (await ctl("-c", "1001", "-l")).stdout,
    "-a always,exit -S all\n-w /srv/data -p wa -k one\n",
  );
  t.equal((await ctl("-c", "db", "-l")).stdout, "-a always,exit -S all\n");
  t.match(await ctl("-c", "nobody", "-l"), { code: 1, stderr: /^cauditctl: ENOENT/ });
  t.match(await ctl("--register", "4003", "--contid", "1003", "--name", "late"), { code: 0 });
  t.match((await ctl("--instances")).stdout, /\nlate +1003 /);
  t.match(await ctl("--end", "1003"), { code: 0 });
  t.match(await ctl("-c", "web", "--signal", "cont"), { code: 0 });
  t.match(readFileSync(join(folder, "logs/web/auditd.state"), "latin1"), /^audit version = /m);
  t.match(await ctl("-c", "web", "--signal", "TERM"), { code: 255, stderr: /not supported/ });
  t.match(await ctl("-q", "/a,/b"), { code: 255, stderr: /not supported/ });
  t.match(await ctl("-c", "db", "-e", "2"), { code: 0, stdout: /^enabled 2\n/ });
  t.match(await ctl("-c", "db", "-a", "always,task"), { code: 0, stderr: /immutable mode/ });
  t.match(await ctl("-c", "db", "-D"), { code: 255, stderr: /^Error deleting rule/ });
  node.child.kill("SIGTERM");
  const { code, stdout } = await node.ended;
  t.equal(code, 0, "the accounts add up with the records of control");
  t.match(stdout, /accounting: every event is accounted for/);
  const log = (name: string) => readFileSync(join(folder, "logs", name, "audit.log"), "latin1");
  t.match(
    log("web"),
    /^type=CONFIG_CHANGE \S+: auid=\d+ ses=\d+ op=add_rule key="one" list=4 res=1/,
  );
  t.match(log("db"), /op=set audit_enabled=2 old=1 .*\n.*op=remove_rule audit_enabled=2 res=0\n$/);
  t.match(log("host"), /op=drop opid=4003 contid=-1 old-contid=1003 /);
});

t.test("a container that was registered while the node ran is there after a restart", async (t) => {
  const folder = shortFolder(t);
  const config = configured(folder, "");
  const ctl = (...args: string[]): Promise<Ended> => cauditctl(t, args, { cwd: folder });
  const first = start(t, ["up", "--config", config]);
  await first.line(/ host /);
  t.match(await ctl("--register", "4003", "--contid", "1003", "--name", "late"), { code: 0 });
  t.match(await ctl("--register", "4004", "--contid", "1003"), { code: 0 }, "another enters it");
  t.match(await ctl("--register", "4005", "--contid", "1004", "--name", "gone"), { code: 0 });
  t.match(await ctl("--end", "1004"), { code: 0 });
  first.child.kill("SIGKILL");
  await first.ended;
  const second = start(t, ["up", "--config", config]);
  await second.line(/ host /);
  t.match((await ctl("--instances")).stdout, /\nlate +1003 /);
  t.notMatch((await ctl("--instances")).stdout, /gone/);
  t.equal((await ctl("--contid", "4004")).stdout, "1003\n");
  t.match(
    await ctl("--register", "4006", "--contid", "1003"),
    { code: 0 },
    "it is its owner still",
  );
  second.child.kill("SIGTERM");
  t.equal((await second.ended).code, 0);
});

t.test("over NATS, permissions make the principal", async (t) => {
  const deployment = await startDeployedNats(t);
  const folder = shortFolder(t);
  const config = configured(
    folder,
    `control:
  host: node1
  principals:
    ops: { capabilities: all, auid: 1000 }
    web: { contid: "1001", capabilities: [CAP_AUDIT_CONTROL, CAP_AUDIT_WRITE], auid: 2001 }
    db: { contid: "1002", capabilities: [CAP_AUDIT_CONTROL, CAP_AUDIT_WRITE], auid: 2002 }
`,
  );
  const node = start(t, ["up", "--config", config], { env: deployment.env("node") });
  await node.line(/ host /);
  const as = (user: string, args: string[], principal = user): Promise<Ended> =>
    cauditctl(t, [...args, "--host", "node1"], {
      cwd: folder,
      env: { ...deployment.env(user), CAUDITD_PRINCIPAL: principal },
    });
  const listed = async (name: string): Promise<string> =>
    (await as("ops", ["-c", name, "-l"])).stdout;
  const rule = ["-a", "always,task", "-F", "uid=0"];

  t.test("a tenant rules its own instance", async (t) => {
    t.match(await as("web", ["-c", "web", ...rule]), { code: 0, stderr: "" });
    t.equal(await listed("web"), "-a always,task -F uid=0\n-a always,exit -S all\n");
  });

  t.test("it cannot reach another tenant's instance, nor the host's", async (t) => {
    for (const name of ["db", "host"]) {
      t.match(await as("web", ["-c", name, ...rule]), {
        code: 255,
        stderr: "Error sending add rule data request (Operation not permitted)\n",
      });
      t.match(await as("web", ["-c", name, "-s"]), {
        code: 255,
        stderr: "Error sending status request (Operation not permitted)\n",
      });
    }
    t.equal(await listed("db"), "-a always,exit -S all\n");
  });

  t.test("it cannot register, nor end", async (t) => {
    const register = ["--register", "4003", "--contid", "1003"];
    t.match(await as("web", register), { code: 1, stderr: /^cauditctl: EPERM/ });
    t.match(await as("web", ["--end", "1001"]), { code: 1, stderr: /^cauditctl: EPERM/ });
    t.match(await as("ops", ["-c", "1003", "-s"]), { code: 1, stderr: /^cauditctl: ENOENT/ });
  });

  t.test("it cannot publish as another principal", async (t) => {
    t.match(await as("web", ["-c", "db", ...rule], "ops"), {
      code: 1,
      stderr: /^cauditctl: (?:EACCES|ETIMEDOUT).*cauditd\.node1\.ctl\.ops\./,
    });
    t.equal(await listed("db"), "-a always,exit -S all\n");
  });

  t.test("a forged body changes nothing", async (t) => {
    const web = await deployment.connect("web");
    const ask = async (body: object): Promise<object> => {
      const request = { id: `f${Math.random()}`.slice(3), expires: Date.now() + 5000, ...body };
      const answer = await web.request("cauditd.node1.ctl.web.status-set", JSON.stringify(request));
      t.ok(answer.headers?.get("Nats-Service-Error-Code"));
      return answer.json();
    };
    const off = { scope: "db", enabled: 0 };
    t.match(await ask({ principal: "ops", body: off }), { errno: 22 });
    t.match(await ask({ body: { ...off, principal: "ops" } }), { errno: 22 });
    t.match(await ask({ body: off }), { errno: 1 });
    t.match((await as("ops", ["-c", "db", "-s"])).stdout, /^enabled 1\n/);
  });

  t.test("a replayed request is answered once", async (t) => {
    const web = await deployment.connect("web");
    const expires = Date.now() + 60_000;
    const send = (id: string) => {
      const body = { type: 1112, text: "op=login" };
      const request = JSON.stringify({ id, expires, body });
      return web.request("cauditd.node1.ctl.web.user-record", request);
    };
    const answers = [await send("once"), await send("once"), await send("once")];
    for (const answer of answers) t.same(answer.json(), { errno: 0, result: null });
  });

  t.test("stock tools see the service", async (t) => {
    const ops = await deployment.connect("ops");
    const ping = await ops.request("$SRV.PING.cauditd-control", "");
    t.match(ping.json(), { type: "io.nats.micro.v1.ping_response", name: "cauditd-control" });
    const web = await deployment.connect("web");
    await t.rejects(web.request("$SRV.PING.cauditd-control", "", { timeout: 500 }));
  });

  t.test("what was asked is in the logs of those who may know", async (t) => {
    node.child.kill("SIGTERM");
    t.equal((await node.ended).code, 0);
    const log = (name: string) => readFileSync(join(folder, "logs", name, "audit.log"), "latin1");
    t.equal(log("web").match(/type=USER_LOGIN /g)?.length, 1, "the replayed record is there once");
    t.match(log("web"), /op=rules-add instance="db" principal="web" errno=EPERM res=0\n/);
    t.match(
      log("web"),
      /type=CONTAINER_OP \S+: op=set opid=4003 contid=1003 .* auid=2001 .* res=0\n/,
    );
    t.equal(log("db"), "", "nobody learns of another tenant's attempts");
    t.match(log("host"), /principal="web" errno=EPERM res=0\n/);
  });
});
