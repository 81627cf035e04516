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
const PORTION = Buffer.alloc(900_000, "x");
const ANSWER_MS = 15_000;
const RETRY_MS = 100;

/** Fills the store of a server; resolves when it takes no more. Fails when it is away. */
export async function fillStore(port: number): Promise<void> {
  await asking(port, async (ask) => {
    const made = await ask(`$JS.API.STREAM.CREATE.${STREAM}`, Buffer.from(CREATE));
    if (made.includes('"error"') && !made.includes("10058")) throw new Error(made);
    while (!(await ask("filler", PORTION)).includes('"error"'));
  });
}

/** Gives the room back. */
export async function freeStore(port: number): Promise<void> {
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
