// A node that listens for records, and the load harness, as a user runs them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { cauditd, start } from "../support/cauditd.ts";

t.setTimeout(120_000);

t.test("all that a load sends is in the logs, filtered or counted as lost", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "cauditd.yaml");
  writeFileSync(join(folder, "db.rules"), "-a always,exit -F arch=b64 -S openat -k open\n");
  writeFileSync(
    config,
    `logs: ${folder}/logs
source: { type: listen, path: ${folder}/records }
control: { socket: ${folder}/control }
rules: { db: ${folder}/db.rules }
instances: { inner: { quota: { rate: 20, burst: 20 } } }
containers:
  - { name: web, contid: "1001", pid: 4711 }
  - { name: db, contid: "1002", pid: 302 }
  - { name: inner, contid: "1003", pid: 5000, parent: "1001" }
`,
  );
  const node = start(t, ["up", "--config", config]);
  await node.line(/^\d\d:\d\d:\d\d host /);
  const args = ["load", "--config", config, "--rate", "400", "--json"];
  for (const seed of ["1", "2"]) {
    const { code, stdout, stderr } = await cauditd(t, [...args, "--for", "1.5", "--seed", seed]);
    t.equal(code, 0, stdout + stderr);
    const { events, latency, scopes, problems } = JSON.parse(stdout);
    t.same(problems, []);
    t.ok(events > 50 && latency.p99 >= latency.p50, stdout);
    const [host, web, db, inner] = scopes;
    t.match(host, { sent: events, seen: events, missing: 0 });
    t.match(web, { sent: web.seen, missing: 0 });
    t.ok(db.counted.filtered > 0 && db.missing === 0, "rules filter");
    t.ok(inner.counted.lost > 0 && inner.sent === inner.seen + inner.counted.lost, "a quota loses");
  }
  node.child.kill("SIGTERM");
  t.equal((await node.ended).code, 0);
});
