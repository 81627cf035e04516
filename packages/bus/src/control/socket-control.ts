// Control over a Unix socket, for a host without NATS. A line is a verb, a blank and the request's
// JSON; the answer is a line of JSON. Who can open the socket is its principal: its mode is 0600.
import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { AuditError, Errno, errnoNumber } from "@cauditd/libaudit";
import type { ControlTransport } from "./client.ts";
import { encodeAnswer, failure, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES } from "./codec.ts";
import type { ControlDesk } from "./desk.ts";
import { BoundedLines } from "./line-reader.ts";

/** The longest path of a socket, in bytes; a longer one would silently be cut (unix(7)). */
export const MAX_SOCKET_PATH = 107;
/** Most connections at once; more are closed. */
const MAX_CONNECTIONS = 32;
/** A connection without a request for this long is closed, ms. */
const IDLE_MS = 60_000;
/** Room for a verb in front of a request. */
const VERB_ROOM = 128;

/** A host's control socket. */
export interface SocketControl {
  /** Ends the connections and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens on a Unix socket of mode 0600 at `path`; whoever can open it is `principal`. A socket
 * that nobody listens on any more is replaced. Errors: EADDRINUSE (somebody listens, or it is
 * no socket), ENAMETOOLONG, EACCES (also where there is no such folder).
 */
export async function serveSocketControl(
  path: string,
  principal: string,
  desk: ControlDesk,
): Promise<SocketControl> {
  checkPath(path);
  await removeStale(path);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, principal, desk);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, path);
  return {
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The mask holds while the socket is made, which is at once: there is no moment without it. */
async function listen(server: Server, path: string): Promise<void> {
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  try {
    await once(server, "listening");
  } catch (cause) {
    throw socketError(`listen on ${path}`, cause);
  }
}

function serve(socket: Socket, principal: string, desk: ControlDesk): void {
  const lines = new BoundedLines(MAX_REQUEST_BYTES + VERB_ROOM);
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  const answer = async (line: Buffer): Promise<void> => {
    const blank = line.indexOf(0x20);
    const verb = blank < 0 ? "" : line.toString("latin1", 0, blank);
    const bytes = encodeAnswer(await desk.answer({ principal, verb }, line.subarray(blank + 1)));
    if (!socket.write(Buffer.concat([bytes, NEWLINE])) && !socket.destroyed) {
      await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => undefined);
    }
  };
  socket.on("data", (chunk) => {
    const found = lines.push(chunk as Buffer);
    if (found === undefined) {
      const size = `control: a line of more than ${MAX_REQUEST_BYTES + VERB_ROOM} bytes`;
      const bytes = encodeAnswer(failure(new AuditError(Errno.EMSGSIZE, size)));
      socket.end(Buffer.concat([bytes, NEWLINE]));
      socket.pause();
      return;
    }
    if (found.length === 0) return;
    // The next chunk is read when these lines are answered: nothing piles up.
    socket.pause();
    void (async () => {
      for (const line of found) if (!socket.destroyed) await answer(line);
      socket.resume();
    })();
  });
}

const NEWLINE = Buffer.from("\n");

/** A transport to a control socket; the principal is the host's choice. Errors: as connect(2). */
export async function socketTransport(path: string): Promise<ControlTransport> {
  checkPath(path);
  const socket = await open(path);
  const waiting: { done(line: Buffer): void; failed(error: Error): void }[] = [];
  const lines = new BoundedLines(MAX_ANSWER_BYTES);
  let over: Error | undefined;
  const end = (error: Error): void => {
    over ??= error;
    socket.destroy();
    for (const { failed } of waiting.splice(0)) failed(over);
  };
  socket.on("error", (cause) => end(socketError(`control socket ${path}`, cause)));
  socket.on("close", () => end(new AuditError(Errno.EPIPE, `control socket ${path}: it closed`)));
  socket.on("data", (chunk) => {
    const found = lines.push(chunk as Buffer);
    if (found === undefined)
      end(new AuditError(Errno.EBADMSG, `control socket ${path}: no answer`));
    for (const line of found ?? []) waiting.shift()?.done(line);
  });
  return {
    send: async (verb, bytes, timeoutMs) => {
      if (over !== undefined) throw over;
      const answer = new Promise<Buffer>((done, failed) => waiting.push({ done, failed }));
      socket.write(Buffer.concat([Buffer.from(`${verb} `), bytes, NEWLINE]));
      const timer = setTimeout(() => {
        end(new AuditError(Errno.ETIMEDOUT, `control socket ${path}: no answer in time`));
      }, timeoutMs);
      return await answer.finally(() => clearTimeout(timer));
    },
    close: async () => {
      over ??= new AuditError(Errno.ESHUTDOWN, `control socket ${path}: closed`);
      socket.destroy();
    },
  };
}

function checkPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes >= 1 && bytes <= MAX_SOCKET_PATH) return;
  const text = `control socket ${path}: ${bytes} bytes, expected 1 to ${MAX_SOCKET_PATH}`;
  throw new AuditError(Errno.ENAMETOOLONG, text);
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (cause) {
    throw socketError(`control socket ${path}`, cause);
  }
  return socket;
}

async function removeStale(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  const use = (why: string): AuditError => {
    return new AuditError(Errno.EADDRINUSE, `control socket ${path}: ${why}`);
  };
  if (!there.isSocket()) throw use("something else is there");
  let somebody: Socket;
  try {
    somebody = await open(path);
  } catch (error) {
    if (!(error instanceof AuditError) || error.errno !== Errno.ECONNREFUSED) throw error;
    unlinkSync(path);
    return;
  }
  somebody.destroy();
  throw use("another process listens there");
}

function socketError(op: string, cause: unknown): AuditError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const errno = errnoNumber(code);
  if (errno !== undefined) return new AuditError(errno, op, { cause });
  return new AuditError(Errno.EIO, `${op}: ${message}`, { cause });
}
