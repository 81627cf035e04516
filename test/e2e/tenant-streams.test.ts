// A node on a NATS server fills its tenants' streams, whatever is killed: read as tenants do.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { cauditd, start } from "../support/cauditd.ts";
import { BUSY, SCOPES, type Site, site, told } from "../support/streams-site.ts";

t.setTimeout(300_000);

async function isEqual(t: Test, { tail, log }: Site): Promise<void> {
  for (const name of SCOPES.keys()) {
    const { stdout, code } = await tail(name);
    t.equal(code, 0);
    t.ok(stdout === log(name), `the stream of ${name} equals its log`);
    const serials = [...stdout.matchAll(/^type=\S+ msg=audit\(\d+\.\d{3}:(\d+)\)/gm)]
      .map(([, serial]) => Number(serial))
      .filter((serial, i, all) => serial !== all[i - 1]);
    t.ok(
      serials.every((serial, i) => i === 0 || serial > (serials[i - 1] ?? 0)),
      "each once",
    );
    t.ok(serials.length > 100);
  }
}

t.test("a node and its server are killed, and each stream equals its log", async (t) => {
  const there = await site(t, "streams: { megabytes: 64 }\n");
  const first = there.up();
  await first.line(BUSY);
  first.child.kill("SIGKILL");
  await first.ended;
  const second = there.up();
  await second.line(BUSY);
  await there.server.kill();
  await told(second, 2);
  await there.server.restart();
  await told(second, 2);
  second.child.kill("SIGTERM");
  const { code, stdout } = await second.ended;
  t.equal(code, 0, stdout);
  t.match(stdout, /\naccounting: every event is accounted for\n$/);
  await isEqual(t, there);
});

t.test(
  "a stream that nobody reads and that is full slows nobody, and loses no event",
  async (t) => {
    const there = await site(
      t,
      "streams: { megabytes: 1, instances: { db: { megabytes: 64 } } }\n",
    );
    const { code, stdout } = await there.up("--for", "5").ended;
    t.equal(code, 0);
    const rows = stdout.split("\n").filter((line) => /^(host|web|db) +\d/.test(line));
    t.equal(rows.length, 3);
    for (const row of rows) {
      const [, , routed, ...counts] = row.split(/\s+/);
      t.same(counts, ["0", "0", "0", "0", "0", "0", "0", routed], row);
    }
    t.equal((await there.tail("db")).stdout, there.log("db"));
    const kept = await there.tail("web", "--from", "1");
    t.match(kept.stderr, /^cauditd: \d+ events are missing: serials 2 to \d+\n$/);
    t.ok(there.log("web").endsWith(kept.stdout));
    const json = (await there.tail("web", "--from", "1:1", "--format", "json")).stdout;
    const [gap, event] = json.split("\n").map((line) => JSON.parse(line || "{}"));
    const serial = Number(/ to (\d+)/.exec(kept.stderr)?.[1]);
    t.same(gap, { gap: { generation: 1, first: 2, last: serial } });
    t.match(event, { generation: 1, serial: serial + 1, records: [{ type: "SYSCALL" }] });
  },
);

t.test("cauditd tail over NATS goes on where its state file says, each event once", async (t) => {
  const there = await site(t, "streams: { instances: { web: { consumers: [a, b] } } }\n");
  const node = there.up();
  await node.line(BUSY);
  const state = ["--state", "position"];
  const first = await there.tail("web", ...state);
  t.equal(first.code, 0);
  await told(node, 1);
  const following = start(
    t,
    ["tail", "1001", "--nats", there.server.url, "--host", "h1", "--follow", ...state],
    { cwd: there.folder },
  );
  await following.line(/^type=SYSCALL/);
  following.child.kill("SIGTERM");
  const second = await following.ended;
  t.equal(second.code, 0);
  node.child.kill("SIGTERM");
  await node.ended;
  const third = await there.tail("web", ...state);
  t.equal(first.stdout + second.stdout + third.stdout, there.log("web"));
  // A machine that is too slow has lost events of the source: what the log has not is told.
  const gaps = (first.stderr + second.stderr + third.stderr).split("\n").length - 1;
  t.equal(gaps, gapsOf(there.log("web")));
  const shared = ["--consumer", "b"];
  t.match(await there.tail("web", ...shared), { code: 0, stdout: there.log("web"), stderr: "" });
  t.match(await there.tail("web", ...shared), { code: 0, stdout: /^$/ }, "nothing is left");
  t.match(await there.tail("web", ...shared, "--state", "x"), { stderr: /--consumer and --state/ });
  t.match(await there.tail("none"), { code: 2, stderr: /none: expected host or a contid/ });
  t.match(await there.tail("web", "--consumer", "c"), { code: 1, stderr: /consumer c .*no such/ });
});

t.test("cauditd tail --follow waits for a server that is away, and goes on", async (t) => {
  const there = await site(t, "streams: {}\n");
  t.equal((await there.up("--for", "2").ended).code, 0);
  const where = ["--nats", there.server.url, "--host", "h1", "--state", "position"];
  const following = start(t, ["tail", "1001", "--follow", ...where], { cwd: there.folder });
  const says = async (): Promise<string> => String(await once(following.child.stderr, "data"));
  await following.line(/^type=SYSCALL/);
  const away = says();
  await there.server.kill();
  t.match(await away, /"code":"ETIMEDOUT".*"the stream does not answer"/);
  const back = says();
  await there.server.restart();
  t.match(await back, /"the stream answers again"/);
  t.equal((await there.up("--for", "2").ended).code, 0);
  const last = /audit\([0-9.]+:([0-9]+)\).*\n$/.exec(there.log("web"))?.[1];
  await following.line(new RegExp(`^type=.* msg=audit\\([0-9.]+:${last}\\)`));
  following.child.kill("SIGTERM");
  const { code, stdout } = await following.ended;
  t.equal(code, 0);
  t.ok(stdout === there.log("web"), "each event once");
  t.equal(readFileSync(join(there.folder, "position"), "utf8"), `1:${last}\n`);
});

t.test("streams without a NATS server are told at once", async (t) => {
  const there = await site(t, "streams: {}\n");
  const config = join(there.folder, "cauditd.yaml");
  t.match(await cauditd(t, ["up", "--config", config]), {
    code: 1,
    stderr: "cauditd: streams: they need a NATS server: --nats, NATS_URL or `nats`\n",
  });
});

/** How often a serial does not follow the one before it. */
function gapsOf(log: string): number {
  const serials = [...log.matchAll(/^type=\S+ msg=audit\([0-9.]+:([0-9]+)\)/gm)].map(([, serial]) =>
    Number(serial),
  );
  const each = [...new Set(serials)];
  return each.filter((serial, i) => serial !== (each[i - 1] ?? 0) + 1).length;
}
