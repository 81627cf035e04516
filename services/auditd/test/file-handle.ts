// Stands between the log writer and the file system.
import { type FileHandle, open, readdir, readlink } from "node:fs/promises";
import type { Test } from "tap";

/** FileHandle.write as the log writer calls it. */
export type Write = (
  buffer: Buffer,
  offset: number,
  length: number,
  position: null,
) => Promise<{ bytesWritten: number }>;

/** Until `t` ends, `replace` takes every write to a log; it may hand it on to `write`. */
export async function interceptWrites(
  t: Test,
  replace: (write: Write, ...args: Parameters<Write>) => ReturnType<Write>,
): Promise<void> {
  const probe = await open("/dev/null");
  const prototype: { write: Write } = Object.getPrototypeOf(probe);
  await probe.close();
  const write = prototype.write;
  prototype.write = function (this: FileHandle, ...args) {
    // A log is written at its end, other files at a place.
    if (args[3] !== null) return write.apply(this, args);
    return replace((...actual) => write.apply(this, actual), ...args);
  };
  t.teardown(() => {
    prototype.write = write;
  });
}

/** Paths of this process's open files that lie in a folder. Source: proc(5), /proc/self/fd. */
export async function openFiles(folder: string): Promise<string[]> {
  const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`));
  const paths = (await Promise.allSettled(links)).map((link) =>
    link.status === "fulfilled" ? link.value : "",
  );
  return paths.filter((path) => path.startsWith(folder));
}

/** Holds writes back until it is opened. */
export class Gate {
  readonly #open: Promise<void>;
  /** Lets the writes go, for good. */
  readonly open: () => void;
  /** Resolves when the first write is there. */
  readonly reached: Promise<void>;
  readonly #arrive: () => void;

  constructor() {
    const opening = deferred();
    const arrival = deferred();
    this.#open = opening.promise;
    this.open = opening.resolve;
    this.reached = arrival.promise;
    this.#arrive = arrival.resolve;
  }

  /** Resolves when the gate is open. */
  pass(): Promise<void> {
    this.#arrive();
    return this.#open;
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
