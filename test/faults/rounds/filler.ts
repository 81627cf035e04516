// Takes all the room that JetStream has, as a neighbour would; spoken to in NATS' own protocol.
import { once } from "node:events";
import { connect as dial } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const STREAM = "FILLER";
const CREATE = JSON.stringify({
  ...{ name: STREAM, subjects: ["filler"], storage: "file", retention: "limits" },
  ...{ max_msgs: -1, max_bytes: -1, max_age: 0, max_consumers: -1, num_replicas: 1 },
  discard: "old",
});
/** Sizes of what it is filled with: small ones take the room that large ones leave. */
const PORTIONS: readonly Buffer[] = [900_000, 50_000, 2_000, 1].map((size) => Buffer.alloc(size));
/** What others give back is taken as often, ms. */
const AGAIN_MS = 5;
const ANSWER_MS = 15_000;
const RETRY_MS = 100;

/** A store that takes nothing. */
export interface FullStore {
  /** False when the server was away: then there was nothing to fill. */
  readonly full: boolean;
  /** Gives the room back. */
  free(): Promise<void>;
}

/** Fills the store of a server; what room there is again, until it is freed, is taken, too. */
export async function fillStore(port: number): Promise<FullStore> {
  let over = false;
  const fill = async (ask: Ask): Promise<void> => {
    for (const portion of PORTIONS) {
      while (!over && !(await ask("filler", portion)).includes('"error"'));
    }
  };
  const hold = async (): Promise<void> => {
    while (!over) {
      await asking(port, fill);
      await pause(AGAIN_MS);
    }
  };
  let full = true;
  try {
    await asking(port, async (ask) => {
      const made = await ask(`$JS.API.STREAM.CREATE.${STREAM}`, Buffer.from(CREATE));
      if (made.includes('"error"') && !made.includes("10058")) throw new Error(made);
      await fill(ask);
    });
  } catch {
    full = false;
  }
  // A server that is killed keeps its store as it is.
  const held = full ? hold().catch(() => undefined) : Promise.resolve();
  return {
    full,
    free: async () => {
      over = true;
      await held;
      await freeStore(port);
    },
  };
}

async function freeStore(port: number): Promise<void> {
  for (;;) {
    try {
      const said = await asking(port, (ask) =>
        ask(`$JS.API.STREAM.DELETE.${STREAM}`, Buffer.alloc(0)),
      );
      if (!said.includes('"error"') || said.includes("10059")) return;
    } catch {
      // The server is away: again.
    }
    await pause(RETRY_MS);
  }
}

type Ask = (subject: string, payload: Buffer) => Promise<string>;

async function asking<T>(port: number, work: (ask: Ask) => Promise<T>): Promise<T> {
  const socket = dial(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.setEncoding("latin1");
  let said = "";
  socket.on("data", (text: string) => {
    said += text;
    if (text.includes("PING\r\n")) socket.write("PONG\r\n");
  });
  try {
    await once(socket, "connect");
    socket.write('CONNECT {"verbose":false}\r\nSUB _INBOX.filler 1\r\n');
    return await work(async (subject, payload) => {
      said = "";
      socket.write(`PUB ${subject} _INBOX.filler ${payload.length}\r\n`);
      socket.write(payload);
      socket.write("\r\n");
      const limit = performance.now() + ANSWER_MS;
      while (!/MSG _INBOX\.filler 1 +\d+\r\n[^\r]+\r\n/.test(said)) {
        if (socket.destroyed || performance.now() > limit) throw new Error("no answer");
        await pause(1);
      }
      return said;
    });
  } finally {
    socket.destroy();
  }
}
