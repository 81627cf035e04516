import { Command } from "commander";
import t from "tap";
import { withCredentials, withEnvironment, withServer } from "../../src/services/server-options.ts";

t.test("what is not given is taken from the environment", async (t) => {
  const env = { NATS_URL: "nats://e", NATS_CREDS: "c", NATS_CA: "" };
  t.strictSame(withEnvironment({ nats: "nats://o" }, env), { nats: "nats://o", creds: "c" });
  t.strictSame(withEnvironment({}, env), { nats: "nats://e", creds: "c" });
  t.strictSame(withCredentials({}, { ...env, NATS_CA: "a" }), { creds: "c", ca: "a" });
  t.strictSame(withEnvironment({}, {}), {});
});

t.test("a URL that is none is wrong usage, and is not shown: it may hold a password", async (t) => {
  let taken: object | undefined;
  const command = withServer(new Command(), "").action((options: object) => {
    taken = options;
  });
  const run = (url: string) => command.parseAsync(["--nats", url], { from: "user" });
  await t.rejects(run("http://u:secret@a"), {
    name: "UsageError",
    message: /^--nats: expected nats:\/\/host:port or tls:\/\/host:port$/,
  });
  t.equal(taken, undefined);
  await run("tls://a:1");
  t.match(taken, { nats: "tls://a:1" });
});
