// Control inside one process: the same bytes, the same checks, no wire.
import type { ControlTransport } from "./client.ts";
import { encodeAnswer } from "./codec.ts";
import type { ControlDesk } from "./desk.ts";

/** A transport to a desk of this process, as `principal`. */
export function memoryTransport(desk: ControlDesk, principal: string): ControlTransport {
  return {
    send: async (verb, bytes) => encodeAnswer(await desk.answer({ principal, verb }, bytes)),
    close: async () => undefined,
  };
}
