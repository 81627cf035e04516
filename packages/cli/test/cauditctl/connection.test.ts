import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { LazyControl, natsUrlOf, Unreachable } from "../../src/cauditctl/connection.ts";

t.test("nobody there is told as such, and only when something is asked", async (t) => {
  const none = join(tmpdir(), `none-${process.pid}`);
  const dir = t.testdir({
    "off.yaml":
      "logs: var/log\nsource: { type: stdin }\ncontrol: { socket: false }\ncontainers: []\n",
    "bad.yaml": "logs: 1\n",
  });
  const ask = (own: object, env: Record<string, string> = {}) =>
    new LazyControl(own, env).request("status");
  await new LazyControl({ socket: none }, {}).close();
  const lost = { name: "Unreachable", message: /^ENOENT: .*, control socket / };
  await t.rejects(ask({ socket: none }), lost);
  await t.rejects(ask({}, { CAUDITD_SOCKET: none }), lost);
  await t.rejects(ask({ url: "nats://127.0.0.1:1" }), { message: /expected --principal/ });
  await t.rejects(ask({ url: "nats://127.0.0.1:1", principal: "web" }), {
    name: "Unreachable",
    message: /ECONNREFUSED/,
  });
  const secure = { url: "tls://127.0.0.1:1", principal: "web" };
  const missing = { message: /^ENOENT: .*read certificates none\.pem/ };
  await t.rejects(ask({ ...secure, ca: "none.pem" }), missing);
  await t.rejects(ask(secure, { NATS_CA: "none.pem" }), missing);
  await t.rejects(ask({ config: join(dir, "off.yaml") }), { message: /control\.socket is off/ });
  await t.rejects(ask({ config: join(dir, "bad.yaml") }), { name: "InputError" });
  t.ok(new Unreachable("x") instanceof Error);
});

t.test("what names a host more closely goes before what names it less", async (t) => {
  const env = { NATS_URL: "nats://a", CAUDITD_SOCKET: "s" };
  t.equal(natsUrlOf({}, { NATS_URL: "nats://a" }), "nats://a");
  t.equal(natsUrlOf({}, { ...env, CAUDITD_SOCKET: "" }), "nats://a");
  t.equal(natsUrlOf({ principal: "web" }, env), "nats://a");
  t.equal(natsUrlOf({}, env), undefined);
  t.equal(natsUrlOf({ config: "c" }, { NATS_URL: "nats://a" }), undefined);
  t.equal(natsUrlOf({ socket: "s" }, { NATS_URL: "nats://a" }), undefined);
  t.equal(natsUrlOf({}, { NATS_URL: "" }), undefined, "an empty variable is none");
});

t.test("the socket of --config goes before CAUDITD_SOCKET", async (t) => {
  const named = "logs: var/log\nsource: { type: stdin }\ncontainers: []\n";
  const dir = t.testdir({ "named.yaml": `${named}control: { socket: named.sock }\n` });
  const control = new LazyControl(
    { config: join(dir, "named.yaml") },
    { CAUDITD_SOCKET: "of-environment.sock" },
  );
  await t.rejects(control.request("status"), { message: /named\.sock/ });
  const empty = new LazyControl({ socket: join(dir, "x.sock") }, { CAUDITD_SOCKET: "" });
  await t.rejects(empty.request("status"), { message: /x\.sock/ });
});
