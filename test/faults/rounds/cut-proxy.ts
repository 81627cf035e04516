// A TCP proxy in front of a server, whose connections a test can cut.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Test } from "tap";

/** Connections to a server through a place where they can be cut. */
export interface CutProxy {
  /** Where to connect instead of to the server. */
  readonly url: string;
  /** Breaks all connections. */
  cut(): void;
  /** From here on connections are taken and broken at once, or passed on. */
  refuse(refused: boolean): void;
}

/** Starts a proxy for a server on this machine; it ends with `t`. */
export async function startCutProxy(t: Test, url: string): Promise<CutProxy> {
  const port = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  let refuses = false;
  const track = (socket: Socket, other: () => Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      other().destroy();
    });
  };
  const server = createServer((near) => {
    if (refuses) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    track(near, () => far);
    track(far, () => near);
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(() => {
    cut();
    server.close();
  });
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    refuse: (refused) => {
      refuses = refused;
    },
  };
}
