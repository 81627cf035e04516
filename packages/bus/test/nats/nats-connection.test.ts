import t from "tap";
import { dial } from "../../src/nats/nats-connection.ts";
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
  await t.rejects(dial(wrong), { code: "EACCES" });
});

t.test("without a server it says so", async (t) => {
  const settings = await natsConnectionSettings({ url: "nats://127.0.0.1:1" });
  await t.rejects(dial(settings), { code: "ECONNREFUSED", message: /no NATS server answers/ });
});
