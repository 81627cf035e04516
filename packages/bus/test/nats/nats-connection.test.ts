import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import t, { type Test } from "tap";
import { dial, identityCheck } from "../../src/nats/nats-connection.ts";
import { natsConnectionSettings } from "../../src/nats/nats-options.ts";
import { startNatsServer } from "../nats-server.ts";

t.test("a connection has the name, the inbox prefix and the login it was given", async (t) => {
  const config = 'authorization { user: "ann", password: "p@ss" }';
  const server = await startNatsServer(t, { config, jetstream: false });
  const url = server.url.replace("//", "//ann:p%40ss@");
  const settings = await natsConnectionSettings({ url, name: "one", inboxPrefix: "_INBOX_one" });
  const connection = await dial(settings);
  t.teardown(() => connection.close());
  connection.subscribe("echo", { callback: (_error, msg) => msg.respond(msg.reply) });
  const answer = await connection.request("echo", "x");
  t.match(answer.string(), /^_INBOX_one\./);
  const wrong = await natsConnectionSettings({ url: server.url });
  await t.rejects(dial(wrong), { code: "EACCES", message: /none were given/ });
  const other = await natsConnectionSettings({ url: server.url.replace("//", "//ann:no@") });
  await t.rejects(dial(other), { code: "EACCES", message: /refuses these credentials$/ });
});

t.test("without a server it says so", async (t) => {
  const settings = await natsConnectionSettings({ url: "nats://127.0.0.1:1" });
  await t.rejects(dial(settings), { code: "ECONNREFUSED", message: /no NATS server answers/ });
});

/** A self-signed certificate for these names, and the configuration of a server that has it. */
function certified(t: Test, names: string): { readonly ca: string; readonly config: string } {
  const folder = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [ca, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  const what = ["-days", "2", "-subj", "/CN=nats", "-addext", `subjectAltName=${names}`];
  const files = ["-keyout", key, "-out", ca];
  execFileSync("openssl", ["req", ...made, ...what, ...files], { stdio: "ignore" });
  return { ca, config: `tls { cert_file: "${ca}", key_file: "${key}" }` };
}

t.test(
  "the certificate of a server that is called by its address is for that address",
  async (t) => {
    const dialed = async (names: string, host = "127.0.0.1"): Promise<string> => {
      const { ca, config } = certified(t, names);
      const server = await startNatsServer(t, { config, jetstream: false });
      const url = server.url.replace("nats://127.0.0.1", `tls://${host}`);
      try {
        await (await dial(await natsConnectionSettings({ url, ca }))).close();
        return "connected";
      } catch (error) {
        return (error as Error).message.replace(/^.*: /, "");
      }
    };
    const refused = "the server's certificate is for another name or address";
    t.equal(await dialed("IP:127.0.0.1"), "connected");
    t.equal(await dialed("DNS:localhost"), refused);
    t.equal(await dialed("IP:127.0.0.2"), refused);
    t.equal(await dialed("DNS:localhost", "localhost"), "connected");
    t.equal(await dialed("IP:127.0.0.1", "localhost"), refused);
  },
);

t.test("of several servers, the certificate of each is for its name or its address", async (t) => {
  const certificate = (subjectaltname: string) =>
    ({ subject: { CN: "x" }, subjectaltname }) as PeerCertificate;
  const check = identityCheck(["10.0.0.1:4222", "[fd00::1]:4222", "nats.example:4222"]);
  t.equal(check("localhost", certificate("IP Address:10.0.0.1")), undefined);
  t.equal(check("localhost", certificate("IP Address:FD00:0:0:0:0:0:0:1")), undefined);
  t.match(check("localhost", certificate("IP Address:10.0.0.2")), Error);
  t.match(check("localhost", certificate("DNS:localhost")), Error, "nobody asked for it");
  t.equal(check("nats.example", certificate("DNS:nats.example")), undefined);
  t.match(check("nats.example", certificate("IP Address:10.0.0.1")), Error);
  const named = identityCheck(["localhost:4222", "10.0.0.1:4222"]);
  t.equal(named("localhost", certificate("DNS:localhost")), undefined);
  t.equal(named("localhost", certificate("IP Address:10.0.0.1")), undefined);
});
