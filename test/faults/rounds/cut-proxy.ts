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
  /** From here on nothing goes through, though connections stay and are taken, or again all. */
  hold(held: boolean): void;
}

/** Starts a proxy for a server on this machine; it ends with `t`. */
export async function startCutProxy(t: Test, url: string): Promise<CutProxy> {
  const port = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  /** Both ends of each connection, near and far. */
  const pairs = new Set<readonly [Socket, Socket]>();
  let refuses = false;
  let holds = false;
  const join = ([near, far]: readonly [Socket, Socket]): void => {
    near.pipe(far);
    far.pipe(near);
  };
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
    const pair = [near, far] as const;
    pairs.add(pair);
    near.on("close", () => pairs.delete(pair));
    if (!holds) join(pair);
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
    hold: (held) => {
      if (held === holds) return;
      holds = held;
      for (const [near, far] of pairs) {
        if (!held) join([near, far]);
        else for (const one of [near, far]) one.unpipe().pause();
      }
    },
  };
}
