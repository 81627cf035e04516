// The one consumer of a scope: whose it is, and how it passes from one owner to the next.
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from "nats";
import { busyError } from "../bus.ts";
import type { Attachment, Claim } from "./frame-stream.ts";
import { CONSUMER_NOT_UNIQUE, jsErrorCode, orMissing } from "./nats-errors.ts";
import { consumerName, consumerToken } from "./wire.ts";

/** Consumers of other owners that are removed before an attempt is given up. */
const ATTEMPTS = 4;

/**
 * Makes the scope's consumer for a claim. A lease's token is in the consumer's name: once a claim
 * with a higher one has removed it, acknowledgements that an earlier owner still sends are for a
 * consumer that is not there, and take no frame away.
 * @throws EBUSY: an owner without lease is waiting on it, or one with a higher token has it
 */
export async function claimConsumer(
  jsm: JetStreamManager,
  stream: string,
  scope: string,
  claim: Claim,
  config: Partial<ConsumerConfig>,
): Promise<Omit<Attachment, "born">> {
  const { owner, lease } = claim;
  const consumer = consumerName(scope, lease?.token);
  const old = await orMissing(jsm.consumers.info(stream, consumer));
  let seen = old?.delivered.stream_seq ?? 0;
  if (old !== undefined) seen = Math.max(seen, await giveWay(jsm, stream, scope, old, claim));
  const wanted = { ...config, durable_name: consumer, description: owner };
  for (let attempt = 1; ; attempt++) {
    try {
      const { num_pending: pending } = await jsm.consumers.add(stream, wanted);
      return { seen, pending, consumer };
    } catch (error) {
      if (jsErrorCode(error) !== CONSUMER_NOT_UNIQUE || attempt === ATTEMPTS) throw error;
    }
    for (const other of await consumersOf(jsm, stream, scope)) {
      seen = Math.max(seen, await giveWay(jsm, stream, scope, other, claim));
    }
  }
}

/** Removes every consumer of a scope. */
export async function dropConsumers(
  jsm: JetStreamManager,
  stream: string,
  scope: string,
): Promise<void> {
  for (const { name } of await consumersOf(jsm, stream, scope)) {
    await orMissing(jsm.consumers.delete(stream, name));
  }
}

/** Removes a consumer that has to give way to a claim; how far it had delivered. */
async function giveWay(
  jsm: JetStreamManager,
  stream: string,
  scope: string,
  other: ConsumerInfo,
  { owner, lease }: Claim,
): Promise<number> {
  const token = consumerToken(scope, other.name) ?? 0;
  const own = lease?.token ?? 0;
  const waits = token === own && other.config.description !== owner && other.num_waiting > 0;
  if (token > own || waits) throw busyError(scope);
  await orMissing(jsm.consumers.delete(stream, other.name));
  return other.delivered.stream_seq;
}

async function consumersOf(
  jsm: JetStreamManager,
  stream: string,
  scope: string,
): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = [];
  for await (const info of jsm.consumers.list(stream)) {
    if (consumerToken(scope, info.name) !== undefined) found.push(info);
  }
  return found;
}
