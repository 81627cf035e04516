// What the commands say of a NATS server that is not as it should be: a line in plain words.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { cauditd } from "../support/cauditd.ts";
import { startDeployedNats } from "../support/deployment.ts";

t.setTimeout(120_000);

const SECRETS = fileURLToPath(new URL("../../deploy/secrets.mjs", import.meta.url));

t.test("a server that cannot be used is told in a line, and ends the command with 1", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const text = "logs: l\nhost: node1\nsource: { type: simulator }\ncontainers: []\n";
  writeFileSync(join(folder, "cauditd.yaml"), text);
  const others = join(folder, "others");
  execFileSync(process.execPath, [SECRETS, others, "web"]);
  const deployed = await startDeployedNats(t);
  const plain = await startNatsServer(t, { jetstream: false });
  const worker = deployed.env("worker");
  const { NATS_CREDS: _creds, ...withoutCreds } = worker;
  const [wrongCa, wrongKey] = [join(others, "ca.pem"), join(others, "worker.nk")];
  const consumer = ["consumer", "1001", "--host", "node1", "--inbox", "_INBOX_web"];
  const cases: [string, readonly string[], Record<string, string>, RegExp][] = [
    ["wrong key", ["auditd"], { ...worker, NATS_CREDS: wrongKey }, /EACCES.* these credentials$/],
    ["no key", ["auditd"], { ...worker, NATS_CREDS: "none.nk" }, /ENOENT.* none\.nk$/],
    [
      "wrong authority",
      ["dispatcher"],
      { ...deployed.env("dispatcher"), NODE_EXTRA_CA_CERTS: wrongCa },
      /EPROTO.* the server's certificate is not trusted: /,
    ],
    [
      "no credentials",
      ["auditd"],
      withoutCreds,
      /EACCES.* none were given: --creds or NATS_CREDS$/,
    ],
    [
      "a file without any",
      ["auditd"],
      { ...worker, NATS_CA: wrongKey },
      /no certificate in .*\.nk: /,
    ],
    ["no certificates", ["auditd"], { ...worker, NATS_CA: "none.pem" }, /ENOENT.* none\.pem$/],
    [
      "another tenant's stream",
      ["consumer", "1002", ...consumer.slice(2)],
      deployed.env("web"),
      /EACCES.* stream of scope 1002: /,
    ],
    [
      "the same by tail, whose server is that of the environment",
      ["tail", "1002", ...consumer.slice(2)],
      deployed.env("web"),
      /EACCES.* stream of scope 1002: /,
    ],
    ["no TLS", ["up"], { NATS_URL: plain.url.replace("nats:", "tls:") }, /EPROTO.* takes no TLS/],
    ["JetStream is off", ["dispatcher"], { NATS_URL: plain.url }, /EOPNOTSUPP.* with -js$/],
    ["the same, for a reader", ["tail", "1", "--host", "h"], { NATS_URL: plain.url }, /EOPNOTSUPP/],
    ["and one that waits", consumer, { NATS_URL: plain.url }, /EOPNOTSUPP.* with -js$/],
    ["no host", ["ps"], { NATS_URL: "nats://none.invalid:1" }, /EHOSTUNREACH.* name is not known$/],
    ["nobody there", ["ps"], { NATS_URL: "nats://127.0.0.1:1" }, /ECONNREFUSED.* no NATS server/],
    ["no URL", ["ps"], { NATS_URL: "http://h" }, /EINVAL.* expected nats:\/\/host:port/],
  ];
  for (const [name, args, env, expected] of cases) {
    const { code, stdout, stderr } = await cauditd(t, args, { cwd: folder, env });
    t.same([code, stdout, stderr.split("\n").length], [1, "", 2], `${name}: ${stderr}`);
    t.match(stderr.trimEnd(), expected, name);
    t.ok(stderr.startsWith("cauditd: "), name);
  }
});
