import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { RecordSender } from "../src/record-sender.ts";

/** The path of a socket may not be long. */
function folder(t: Test): string {
  const made = mkdtempSync(join(tmpdir(), "cauditd-"));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function listener(t: Test, path?: string) {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
  });
  const listening = once(server, "listening");
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await listening;
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const accepted = async (): Promise<Socket> => {
    if (sockets.length === 0) await once(server, "connection");
    return sockets[0] as Socket;
  };
  return { server, accepted };
}

t.test("what is written arrives, over a path and over TCP", async (t) => {
  const path = join(folder(t), "s");
  const unix = await listener(t, path);
  const tcp = await listener(t);
  const { port } = tcp.server.address() as AddressInfo;
  for (const [{ accepted }, target] of [
    [unix, { path }],
    [tcp, { host: "127.0.0.1", port }],
  ] as const) {
    const sender = await RecordSender.connect(target);
    await sender.write("type=A\n");
    const [bytes] = await once((await accepted()).resume(), "data");
    t.equal(String(bytes), "type=A\n");
    sender.destroy();
  }
});

t.test("a reader that does not read holds the writer back", async (t) => {
  const path = join(folder(t), "s");
  const { accepted } = await listener(t, path);
  const sender = await RecordSender.connect({ path });
  const socket = await accepted();
  const text = "x".repeat(1 << 20);
  let written = 0;
  const writing = (async () => {
    for (; written < 8; written++) await sender.write(text);
  })();
  await new Promise(setImmediate);
  t.equal(written, 0, "the first waits");
  socket.resume();
  await writing;
  t.equal(written, 8);
  sender.destroy();
});

t.test("a connection that ends is told: to who waits, and to who writes later", async (t) => {
  const path = join(folder(t), "s");
  const { accepted } = await listener(t, path);
  const sender = await RecordSender.connect({ path });
  const socket = await accepted();
  const waiting = sender.write("x".repeat(8 << 20));
  socket.destroy();
  await t.rejects(waiting, { code: /EPIPE|ECONNRESET/ });
  await t.rejects(sender.write("x"), { code: /EPIPE|ECONNRESET/ });
});

t.test("a place that nobody listens at is refused", async (t) => {
  const path = join(folder(t), "none");
  await t.rejects(RecordSender.connect({ path }), { code: "ENOENT" });
});
