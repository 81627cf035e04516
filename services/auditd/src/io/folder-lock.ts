/*
 * One process per log folder. A claim is a listening socket in the folder: the kernel closes it
 * with its process, however that ends, so a claim that nobody listens on is dead for good and may
 * be removed by anyone. Each claim has a name of its own, and is there before its owner looks for
 * others: of two that claim at once, at least one sees the other (docs/adr/0008-folder-lock.md).
 */
import { randomBytes } from "node:crypto";
import { lstat, readdir, rename, stat, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { AuditError, Errno } from "@cauditd/libaudit";
import { isMissing } from "./disk.ts";

/** A claim that others look at, and one that is not ready for that. */
const CLAIM = /^\.lock-[0-9a-f]{16}$/;
const UNREADY = /^\.claim-[0-9a-f]{16}$/;
/** How long a claimant that does not answer is waited for, ms; it is taken for the holder then. */
const ANSWER_MS = 2000;
/** Attempts when the folder is swept under a claim that is being made. */
const ATTEMPTS = 4;

type State = "undecided" | "held" | "withdrawn";

/** The right to write into a folder. */
export interface Lock {
  release(): Promise<void>;
}

/** That of one process on one machine. */
export class FolderLock implements Lock {
  readonly #path: string;
  readonly #claim: Claim;

  private constructor(path: string, claim: Claim) {
    this.#path = path;
    this.#claim = claim;
  }

  /**
   * Takes the lock of a folder; that of a process that is no more is no obstacle.
   * @param folder what the folder is called
   * @param at leads to it until the lock is released; short, for a socket's path has 107 bytes
   * @throws EBUSY, naming the process that holds it; the file system's error
   */
  static async take(folder: string, at: string): Promise<FolderLock> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await FolderLock.#take(folder, at);
      } catch (error) {
        // The holder has swept the folder while our socket was not yet listening.
        if (!isMissing(error) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  static async #take(folder: string, at: string): Promise<FolderLock> {
    const id = randomBytes(8).toString("hex");
    const name = `.lock-${id}`;
    const claim = await Claim.make(join(at, `.claim-${id}`)).catch(async (error: unknown) => {
      // To listen in a folder that has been removed is EACCES to Node, whatever the kernel says.
      throw (await stat(at)).nlink === 0 ? removed(folder) : error;
    });
    try {
      await rename(join(at, `.claim-${id}`), join(at, name));
      const holder = await holderOf(at, name);
      if (holder !== undefined) {
        throw new AuditError(Errno.EBUSY, `${folder}: in use by ${holder}`);
      }
    } catch (error) {
      claim.decide("withdrawn");
      await unlink(join(at, name)).catch(() => undefined);
      claim.close();
      throw error;
    }
    claim.decide("held");
    await sweep(at);
    return new FolderLock(join(at, name), claim);
  }

  /** Gives the lock back. Twice is allowed. */
  async release(): Promise<void> {
    await unlink(this.#path).catch(() => undefined);
    this.#claim.close();
  }
}

function removed(folder: string): AuditError {
  return new AuditError(Errno.ENOENT, `${folder}: it has been removed`);
}

/** A listening socket that says whose claim it is, and what became of it. */
class Claim {
  readonly #server: Server;
  #state: State = "undecided";
  readonly #asking: Set<Socket> = new Set();

  private constructor() {
    this.#server = createServer((socket) => this.#answer(socket));
    this.#server.unref();
  }

  static make(path: string): Promise<Claim> {
    const claim = new Claim();
    return new Promise((resolve, reject) => {
      claim.#server.once("error", reject);
      claim.#server.listen(path, () => resolve(claim));
    });
  }

  decide(state: State): void {
    this.#state = state;
    for (const socket of this.#asking) socket.end(`${state}\n`);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#asking) socket.destroy();
  }

  #answer(socket: Socket): void {
    this.#asking.add(socket);
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#asking.delete(socket));
    socket.resume();
    socket.write(`process ${process.pid}\n`);
    if (this.#state !== "undecided") socket.end(`${this.#state}\n`);
  }
}

/**
 * Looks at every other claim. Those of dead processes are removed. One with a lower name goes
 * before ours; one with a higher name is waited for: it gives way, or it has been first.
 * @returns who holds the folder, or goes before us
 */
async function holderOf(folder: string, own: string): Promise<string | undefined> {
  for (const name of (await readdir(folder)).sort()) {
    if (!CLAIM.test(name) || name === own) continue;
    const answer = await ask(join(folder, name), name > own);
    if (answer === "dead") await removeSocket(join(folder, name));
    else if (answer !== "withdrawn") return answer;
  }
  return undefined;
}

/** Removes what processes left that ended while they made a claim. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!UNREADY.test(name)) continue;
    if ((await ask(join(folder, name), false)) === "dead") await removeSocket(join(folder, name));
  }
}

async function removeSocket(path: string): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status?.isSocket() === true) await unlink(path).catch(() => undefined);
}

/**
 * Asks a claim whose it is.
 * @param wait true: until it is decided
 * @returns its process, `withdrawn`, or `dead` when nobody listens
 */
function ask(path: string, wait: boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = "";
    const done = (answer: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const owner = (): string => /^process \d+/.exec(text)?.[0] ?? "another process";
    // Whoever listens and does not answer, is stopped perhaps, but there.
    const timer = setTimeout(() => done(owner()), ANSWER_MS);
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => {
      text += part;
      if (text.includes("\nwithdrawn\n")) done("withdrawn");
      else if (text.includes("\nheld\n") || (!wait && text.includes("\n"))) done(owner());
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const { code } = error;
      if (code === "ECONNREFUSED") done("dead");
      else done(code === "ENOENT" || code === "ECONNRESET" ? "withdrawn" : owner());
    });
    // The end of its process, or of its claim.
    socket.on("close", () => done("withdrawn"));
  });
}
