import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { LazyControl, Unreachable } from "../../src/cauditctl/connection.ts";

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
