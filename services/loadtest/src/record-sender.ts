// Writes records to a node's `listen` source, no faster than it takes them.
import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";

/** Where a node listens: the path of a socket, or a TCP port. */
export type LoadTarget =
  | { readonly path: string }
  | { readonly host: string; readonly port: number };

/** One connection. What waits in this process is at most one text and what the socket holds. */
export class RecordSender {
  readonly #socket: Socket;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", (error) => {
      this.#failure = error;
    });
    // A node says nothing; what comes in spite of that is not kept.
    socket.resume();
  }

  /** Errors: as connect(2). */
  static async connect(target: LoadTarget): Promise<RecordSender> {
    const socket = connect(target as NetConnectOpts);
    await once(socket, "connect");
    return new RecordSender(socket);
  }

  /** Resolves when the node has room for more. Errors: the connection's, EPIPE after its end. */
  async write(text: string): Promise<void> {
    this.#check();
    if (this.#socket.write(text, "latin1")) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off("drain", done).off("close", done);
        resolve();
      };
      this.#socket.on("drain", done).on("close", done);
    });
    this.#check();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#socket.writable) {
      throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    }
  }
}
