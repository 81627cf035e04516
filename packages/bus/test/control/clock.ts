// A clock that a test sets, and a desk on it.
import { ControlDesk, type ControlHandler } from "@cauditd/bus";

/** Time in ms since 1970. */
export class TestClock {
  now = 1_795_459_259_000;
}

/** A request of JSON text. */
export function request(id: string, expires: number, body: object = {}): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ id, expires, body }));
}

/** A desk with the verbs `get`, which reads, and `set`; the principals are root and web. */
export function deskOf(
  handler: ControlHandler,
  clock: TestClock = new TestClock(),
  errors: unknown[] = [],
): ControlDesk {
  return new ControlDesk({
    now: () => clock.now,
    isPrincipal: (name) => name === "root" || name === "web",
    verbs: new Map([
      ["get", { reads: true }],
      ["set", { reads: false }],
    ]),
    handler,
    onError: (error) => errors.push(error),
  });
}
