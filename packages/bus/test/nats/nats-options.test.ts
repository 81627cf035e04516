import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AuditError } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { isNatsUrl, natsSettings } from "../../src/nats/nats-options.ts";

const GOOD = { url: "nats://127.0.0.1:4222", host: "web-1", limits: { frames: 1, bytes: 1 } };

t.test("defaults", async (t) => {
  const settings = await natsSettings(GOOD);
  t.match(settings, {
    url: "nats://127.0.0.1:4222",
    servers: ["127.0.0.1:4222"],
    tls: false,
    login: {},
    name: "cauditd",
    storage: "file",
    timeout: 10_000,
    ackWait: 60_000,
  });
  t.not(settings.epoch, (await natsSettings(GOOD)).epoch, "each bus has an epoch of its own");
});

t.test(
  "a URL may name several servers, a user and a token; messages do not show them",
  async (t) => {
    const user = await natsSettings({ ...GOOD, url: "tls://ann:p%40ss@a:1, b:2" });
    t.match(user, { url: "tls://a:1,nats://b:2", servers: ["a:1", "b:2"], tls: true });
    t.same(user.login, { user: "ann", password: "p@ss" });
    const token = await natsSettings({ ...GOOD, url: "nats://t0ken@a:1" });
    t.same([token.login, token.url], [{ token: "t0ken" }, "nats://a:1"]);
  },
);

t.test("bad settings are refused with what was expected", async (t) => {
  const refused = { code: "EINVAL", message: /expected/ };
  for (const url of [
    "",
    "http://a:1",
    "nats://",
    "nats://a:port",
    "nats://a:1,,",
    "nats://%zz@a:1",
  ]) {
    await t.rejects(natsSettings({ ...GOOD, url }), refused, url);
  }
  for (const host of ["", "a.b", "a b", "*", "x".repeat(33)]) {
    await t.rejects(natsSettings({ ...GOOD, host }), refused, host);
  }
  await t.rejects(natsSettings({ ...GOOD, epoch: "a:b" }), refused);
  await t.rejects(natsSettings({ ...GOOD, limits: { frames: 0, bytes: 1 } }), refused);
  await t.rejects(natsSettings({ ...GOOD, timeout: 0 }), refused);
  await t.rejects(natsSettings({ ...GOOD, ackWait: 0.5 }), refused);
});

t.test("a credentials file is read and looked at", async (t) => {
  const text = "-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\ny\n";
  const seed = `SU${"A2".repeat(28)}`;
  const cut = seed.slice(1);
  const files = { "good.creds": text, "seed.nk": `${seed}\n`, "bad.creds": `hello ${cut}` };
  const folder = t.testdir(files);
  const good = join(folder, "good.creds");
  const { login } = await natsSettings({ ...GOOD, url: "nats://u:p@a:1", creds: good });
  t.same(login, { creds: Buffer.from(text) }, "it goes before the login of the URL");
  const key = await natsSettings({ ...GOOD, creds: join(folder, "seed.nk") });
  t.same(key.login, { seed: Buffer.from(seed) }, "the seed of an NKEY alone is enough");
  await t.rejects(natsSettings({ ...GOOD, creds: join(folder, "bad.creds") }), {
    code: "EINVAL",
    message: /bad\.creds: expected a user JWT and its NKEY seed, or the seed alone$/,
  });
  await t.rejects(natsSettings({ ...GOOD, creds: join(folder, "none.creds") }), {
    code: "ENOENT",
    message: /none\.creds$/,
  });
});

t.test("any text is a URL, or an AuditError that does not show it", async (t) => {
  const part = fc.oneof(
    fc.constantFrom(
      "nats://",
      "tls://",
      "u:p@",
      "%zz@",
      "%ff:%00@",
      "a:1",
      "[::1]:2",
      ",",
      ":",
      "/",
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      const error = await natsSettings({ ...GOOD, url: `nats://S3cret:${text}` }).catch(
        (error: unknown) => error,
      );
      if (!(error instanceof Error)) return;
      t.match(error, { code: "EINVAL" });
      t.type(error, AuditError);
      t.notMatch(error.message, /S3cret/);
    }),
  );
});

t.test("any file is credentials, or an AuditError that does not show it", async (t) => {
  const creds = join(t.testdir({}), "any.creds");
  const begin = "-----BEGIN NATS USER JWT-----\n-----BEGIN USER NKEY SEED-----\n";
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.string().map((text) => Buffer.from(`${begin}${text}`)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (bytes) => {
      writeFileSync(creds, bytes);
      const error = await natsSettings({ ...GOOD, creds }).catch((error: unknown) => error);
      if (error instanceof Error) t.match(error, { code: "EINVAL" });
    }),
  );
});

t.test("what names servers is known before any is asked", async (t) => {
  for (const url of ["nats://a:1", "a", "tls://u:p@a:1, b:2"]) t.ok(isNatsUrl(url), url);
  for (const url of ["", "http://a", "nats://", "nats:///a", "nats://a,"])
    t.notOk(isNatsUrl(url), url);
});
