// A socket that programs write records to, each on a connection of its own.
import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { AuditdLog } from "@cauditd/auditd";
import type { SourceConfig } from "../config/source-schema.ts";
import { InputError } from "../terminal/input-error.ts";
import type { Push } from "./live-source.ts";

/** Writers at the same time. */
const MAX_WRITERS = 64;
/** Bytes of an unfinished line that are kept for each; a longer line is no record (MAX_LINE). */
const LINE_MAX = 18_964;
const NEWLINE = 0x0a;
/** Ends a line that was cut, and makes it malformed: what is left of it may look like a record. */
const CUT = Buffer.from("\0\n", "latin1");

/** Where it listens. */
export type ListenConfig = Extract<SourceConfig, { readonly type: "listen" }>;

/** Takes whole lines from every connection until `stop` fires. Errors as listen(2). */
export async function fromListener(
  config: ListenConfig,
  push: Push,
  stop: AbortSignal,
  log: AuditdLog,
): Promise<void> {
  if (stop.aborted) return;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    serve(socket, push);
  });
  server.maxConnections = MAX_WRITERS;
  await listen(server, config);
  const at = server.address();
  log.warn({ at: typeof at === "string" ? at : `${at?.address}:${at?.port}` }, "takes records");
  const closed = once(server, "close");
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  stop.addEventListener("abort", end, { once: true });
  await closed;
}

async function listen(server: Server, { path, port, address }: ListenConfig): Promise<void> {
  const where = path ?? `${address}:${port}`;
  try {
    if (path !== undefined && lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
      unlinkSync(path);
    }
    const listening = once(server, "listening");
    if (path !== undefined) server.listen(path);
    else server.listen(port, address);
    await listening;
  } catch (cause) {
    throw InputError.fromSystem(where, cause);
  }
}

/** Lines of one writer must not be cut by those of another: only whole ones are handed on. */
function serve(socket: Socket, push: Push): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (data) => {
    const bytes = data as Buffer;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, bytes]);
    } else {
      const lines = bytes.subarray(0, end);
      void push(rest.length === 0 ? lines : Buffer.concat([rest, lines]));
      rest = Buffer.from(bytes.subarray(end));
    }
    if (rest.length <= LINE_MAX) return;
    // Too long for a record: what has come of it is one malformed line, and what comes another.
    void push(Buffer.concat([rest, CUT]));
    rest = Buffer.alloc(0);
  });
  socket.on("close", () => {
    if (rest.length > 0) void push(Buffer.concat([rest, CUT]));
  });
}
