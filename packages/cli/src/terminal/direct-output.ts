// Standard output of a command that does one thing and ends: bytes are with the reader when `out`
// returns. So a slow reader holds the command up instead of filling its memory, buffers can be used
// again, and the modules of streams are not waited for.
import { writeSync } from "node:fs";
import type { Io, StopRequest } from "./io.ts";

/** What a search or a report does to the world. */
export type DirectIo = Pick<Io, "err" | "out" | "stop">;

/** Writes to a descriptor; returns how many bytes were taken, as write(2) does. */
export type Write = (fd: number, bytes: Uint8Array, from: number) => number;

const STDOUT = 1;
const STDERR = 2;
/** 128 + SIGPIPE. */
const BROKEN_PIPE = 141;
/** Milliseconds until a full descriptor that somebody made non-blocking is tried again. */
const RETRY = 2;

/**
 * Output to the descriptors themselves. Signals have their default effect; a reader that goes away
 * asks to stop as SIGPIPE would.
 */
export function directOutput(write: Write = writeSync): DirectIo {
  let broken = false;
  let ask: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const put = (fd: number, text: string | Uint8Array): void => {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    let at = 0;
    while (at < bytes.length && !broken) {
      try {
        at += write(fd, bytes, at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY);
        else if (code === "EPIPE" && fd === STDERR) return;
        else if (code === "EPIPE") {
          broken = true;
          ask();
        } else throw error;
      }
    }
  };
  const stop: StopRequest = {
    get signal() {
      return broken ? "SIGPIPE" : undefined;
    },
    get exitCode() {
      return broken ? BROKEN_PIPE : 0;
    },
    requested,
  };
  return { out: (text) => put(STDOUT, text), err: (text) => put(STDERR, text), stop };
}
