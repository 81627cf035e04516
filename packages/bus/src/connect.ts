import type { NatsBus } from "./nats-bus.ts";
import type { NatsBusOptions } from "./nats-options.ts";

/**
 * Connects to a NATS server; see nats-bus.ts. The NATS client is loaded only now: a node on the
 * embedded bus never needs it.
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const { connectNatsBus: connect } = await import("./nats-bus.ts");
  return await connect(options);
}
