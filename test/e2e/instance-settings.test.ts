// What cauditd.yaml says of single instances, seen by those who run the node and by tenants.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { cauditctl, start } from "../support/cauditd.ts";

t.setTimeout(120_000);

/** A node of the simulated host in a folder whose path leaves room for a socket. */
function configured(t: Test, more: readonly string[]): { folder: string; config: string } {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "cauditd.yaml");
  const text = [
    `logs: ${join(folder, "logs")}`,
    "source: { type: simulator, seed: 7, rate: 2000 }",
    "containers:",
    '  - { name: web, contid: "1001" }',
    '  - { name: db, contid: "1002" }',
    ...more,
    "",
  ];
  writeFileSync(config, text.join("\n"));
  return { folder, config };
}

t.test("instances: a quota and an overflow policy hold, and the tenant sees them", async (t) => {
  const { folder, config } = configured(t, [
    "instances:",
    "  web: { quota: { rate: 20, burst: 50 } }",
    "  db: { overflow: oldest }",
  ]);
  const node = start(t, ["up", "--config", config]);
  await node.line(/ web [1-9]\d*\/s/);
  const status = async (name: string): Promise<string> =>
    (await cauditctl(t, ["-c", name, "-s"], { cwd: folder })).stdout;
  t.match(await status("web"), /\nloginuid_immutable 0 unlocked\nquota_rate 20\nquota_burst 50\n$/);
  t.match(await status("db"), /\nloginuid_immutable 0 unlocked\noverflow oldest\n$/);
  t.match(await status("host"), /\nloginuid_immutable 0 unlocked\n$/, "as auditctl has it");
  node.child.kill("SIGTERM");
  const { code, stdout } = await node.ended;
  t.equal(code, 0);
  const [head = [], row = []] = ["scope", "web"].map((first) => {
    return stdout
      .split("\n")
      .find((line) => line.startsWith(first))
      ?.split(/ {2,}/);
  });
  const rate = row[head.indexOf("lost:rate")];
  t.ok(Number(rate) > 0, "events above the quota are lost for their rate");
  let told = 0;
  const log = readFileSync(join(folder, "logs/web/audit.log"), "latin1");
  for (const [, count] of log.matchAll(/op=lost reason=rate lost=(\d+) /g)) told += Number(count);
  t.equal(told, Number(rate), "its markers tell of each");
});

t.test("log_options: SINGLE and HALT run what is configured for the container", async (t) => {
  const conf = "space_left = 90000000\nadmin_space_left = 80000000\nspace_left_action = ignore\n";
  const { folder, config } = configured(t, [
    "auditd_conf: { web: auditd.conf, db: single.conf }",
    "log_options:",
    '  web: { halt: [/bin/sh, -c, "echo $CAUDITD_INSTANCE $0 > halted", "a b"] }',
    '  db: { single: [/bin/sh, -c, "echo $CAUDITD_INSTANCE > single"] }',
  ]);
  writeFileSync(join(folder, "auditd.conf"), `${conf}admin_space_left_action = halt\n`);
  writeFileSync(join(folder, "single.conf"), `${conf}admin_space_left_action = single\n`);
  const node = start(t, ["up", "--config", config, "--for", "3"], { cwd: folder });
  const { code, stderr } = await node.ended;
  t.equal(code, 0);
  t.match(stderr, /"instance":"web".*The audit daemon is now halting the system/);
  t.equal(readFileSync(join(folder, "halted"), "utf8"), "web a b\n");
  t.equal(readFileSync(join(folder, "single"), "utf8"), "db\n");
});
