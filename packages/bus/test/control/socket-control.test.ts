import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import {
  ControlClient,
  MAX_REQUEST_BYTES,
  type SocketControl,
  serveSocketControl,
  socketTransport,
} from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import t, { type Test } from "tap";
import { deskOf, request, TestClock } from "./clock.ts";

const clock = new TestClock();
const desk = deskOf(async ({ principal, body }) => {
  if ((body as { fail?: boolean }).fail === true) throw new AuditError(Errno.EPERM, "no");
  return { principal, body };
}, clock);
const dir = t.testdir({});
let sockets = 0;

function newPath(): string {
  return join(dir, `s${++sockets}`);
}

async function serve(t: Test, path: string): Promise<SocketControl> {
  const served = await serveSocketControl(path, "root", desk);
  t.teardown(() => served.close());
  return served;
}

async function clientOf(t: Test, path: string): Promise<ControlClient> {
  const client = new ControlClient(await socketTransport(path), { now: () => clock.now });
  t.teardown(() => client.close());
  return client;
}

t.test("requests are answered as the socket's principal, in order", async (t) => {
  const path = newPath();
  await serve(t, path);
  const client = await clientOf(t, path);
  const answers = await Promise.all([1, 2, 3].map((n) => client.request("get", { n })));
  t.same(
    answers,
    [1, 2, 3].map((n) => ({ principal: "root", body: { n } })),
  );
  await t.rejects(client.request("set", { fail: true }), { code: "EPERM" });
  const large = await client.request("get", { text: "x".repeat(200_000) });
  t.equal((large as { body: { text: string } }).body.text.length, 200_000);
});

t.test("nobody but its owner can open the socket, from the first moment", async (t) => {
  const path = newPath();
  const mask = process.umask(0o000);
  const serving = serveSocketControl(path, "root", desk);
  const served = await serving;
  process.umask(mask);
  t.equal(statSync(path).mode & 0o777, 0o600);
  await served.close();
  t.notOk(existsSync(path));
});

t.test("a socket that is in use, or no socket, is left alone", async (t) => {
  const path = newPath();
  await serve(t, path);
  await t.rejects(serveSocketControl(path, "root", desk), {
    code: "EADDRINUSE",
    message: /another process listens there/,
  });
  const file = newPath();
  writeFileSync(file, "");
  await t.rejects(serveSocketControl(file, "root", desk), { message: /something else is there/ });
  await t.rejects(serveSocketControl(join(dir, "none", "s"), "root", desk), { name: "AuditError" });
  const long = join(dir, "x".repeat(108));
  await t.rejects(serveSocketControl(long, "root", desk), { code: "ENAMETOOLONG" });
  await t.rejects(socketTransport(long), { code: "ENAMETOOLONG" });
});

t.test("a socket that a process left behind is replaced", async (t) => {
  const path = newPath();
  const { execFileSync } = await import("node:child_process");
  const leave = `require("net").createServer().listen(${JSON.stringify(path)}, () =>
    process.kill(process.pid, "SIGKILL"))`;
  t.throws(() => execFileSync(process.execPath, ["-e", leave], { stdio: "ignore" }));
  t.ok(existsSync(path));
  await t.rejects(socketTransport(path), { code: "ECONNREFUSED" });
  await serve(t, path);
  const client = await clientOf(t, path);
  t.ok(await client.request("get"));
});

t.test("a line that is no request gets an answer; one that is too long ends it", async (t) => {
  const path = newPath();
  await serve(t, path);
  const socket = connect(path);
  socket.setEncoding("utf8");
  await once(socket, "connect");
  const ask = async (line: string): Promise<string> => {
    socket.write(line);
    let text = "";
    while (!text.endsWith("\n")) text += String((await once(socket, "data"))[0]);
    return text;
  };
  t.match(await ask("\n"), /no such verb/);
  t.match(await ask("get\n"), /no such verb/);
  t.match(await ask("get x\n"), /expected JSON/);
  const good = Buffer.from(request("r", clock.now + 10)).toString();
  t.match(await ask(`get ${good}\n`), /"errno":0/);
  t.match(await ask("x".repeat(MAX_REQUEST_BYTES + 200)), /EMSGSIZE/);
  socket.resume();
  await once(socket, "close");
});

t.test("a client learns that the host has gone, and does not wait for ever", async (t) => {
  const path = newPath();
  const served = await serveSocketControl(path, "root", desk);
  const client = await clientOf(t, path);
  await client.request("get");
  await served.close();
  await t.rejects(client.request("get"), { name: "AuditError" });
  await t.rejects(socketTransport(path), { code: "ENOENT", message: /control socket/ });

  const mute = newPath();
  const never = deskOf(() => new Promise(() => undefined), clock);
  const stuck = await serveSocketControl(mute, "root", never);
  t.teardown(() => stuck.close());
  const transport = await socketTransport(mute);
  await t.rejects(transport.send("get", request("a", clock.now + 1000), 20), { code: "ETIMEDOUT" });
});
