// The reading side of a tenant's stream: what a tenant's own credentials are enough for.
import { AuditError, Errno } from "@cauditd/libaudit";
import {
  type JetStreamManager,
  type Msg,
  type NatsConnection,
  nanos,
  type PullOptions,
  RequestStrategy,
} from "nats";
import { checkScope } from "../bus.ts";
import { Caller } from "../caller.ts";
import { DAMAGED_MAX, isDamaged } from "../frame/digest.ts";
import { checkKey } from "../key-store.ts";
import { Unanswered } from "../nats/frame-stream.ts";
import { ATTEMPT_MS, dial } from "../nats/nats-connection.ts";
import { isJetStreamOff, isMissing, openError } from "../nats/nats-errors.ts";
import { type NatsConnectionOptions, natsConnectionSettings } from "../nats/nats-options.ts";
import { readStanding } from "../nats/wire.ts";
import { readBatch, type StoredBatch, tenantStreamName, tenantSubject } from "./batch.ts";
import { type BatchDelivery, noConsumer, noStream, type TenantReader } from "./tenant-stream.ts";

/** Settings of openNatsTenantReader. */
export interface NatsTenantReaderOptions extends NatsConnectionOptions {
  /** Name of the cauditd host. */
  readonly host: string;
  /** `host`, or the decimal contid. */
  readonly scope: string;
  /** Longest time in ms that a call waits for the server. Default: 10 000. */
  readonly timeout?: number | undefined;
}

/** Most batches that may be taken at once. */
const TAKE_MAX = 64;
const ACK = "+ACK";
const NAK = "-NAK";
const TERM = "+TERM";

/**
 * Opens the reading end of a scope's stream. It asks for nothing but what the tenant's permissions
 * give: the state of the stream, its batches, and the consumers that are there. Errors as
 * connectNatsBus.
 */
export async function openNatsTenantReader(
  options: NatsTenantReaderOptions,
): Promise<TenantReader> {
  checkKey(options.host);
  checkScope(options.scope);
  const settings = await natsConnectionSettings(options);
  const connection = await dial(settings);
  // The account's state is not the tenant's to see, so it is not asked for.
  const jsm = await connection.jetstreamManager({ timeout: ATTEMPT_MS, checkAPI: false });
  try {
    await jsm.streams.info(tenantStreamName(options.host, options.scope));
  } catch (cause) {
    // All else is for the calls to find out, which wait for what may still come.
    if (isJetStreamOff(cause)) {
      await connection.close();
      throw openError(settings.url, cause);
    }
  }
  return new NatsTenantReader(connection, jsm, settings.url, options);
}

/** The reader over a connection, which it closes. */
export class NatsTenantReader implements TenantReader {
  readonly #connection: NatsConnection;
  readonly #caller: Caller;
  readonly #url: string;
  readonly #scope: string;
  readonly #name: string;
  readonly #subject: string;
  readonly #jsm: JetStreamManager;
  /** Consumers that were there when last looked for. */
  readonly #known: Set<string> = new Set();

  constructor(
    connection: NatsConnection,
    jsm: JetStreamManager,
    url: string,
    options: NatsTenantReaderOptions,
  ) {
    this.#connection = connection;
    this.#caller = new Caller(connection, url, options.timeout);
    this.#url = url;
    this.#scope = options.scope;
    this.#name = tenantStreamName(options.host, options.scope);
    this.#subject = tenantSubject(options.host, options.scope);
    this.#jsm = jsm;
  }

  bounds(): Promise<{ readonly first: number; readonly last: number }> {
    return this.#call("look at", async () => {
      try {
        const { state } = await this.#jsm.streams.info(this.#name);
        return { first: state.first_seq, last: state.last_seq };
      } catch (error) {
        throw isMissing(error) ? noStream(this.#scope, error) : error;
      }
    });
  }

  read(place: number): Promise<StoredBatch | undefined> {
    return this.#call("read", async () => {
      const query = JSON.stringify({ seq: Math.max(1, place), next_by_subj: this.#subject });
      const subject = `$JS.API.DIRECT.GET.${this.#name}`;
      const answer = await this.#connection.request(subject, query, { timeout: ATTEMPT_MS });
      const { headers } = answer;
      if (headers?.code === 404) return undefined;
      if (isDamaged(headers, answer.data)) throw new Unanswered("a batch arrived damaged");
      const found = Number(headers?.get("Nats-Sequence"));
      const batch = readBatch(headers, answer.data);
      if (batch === undefined || !Number.isSafeInteger(found)) throw this.#noBatch(place);
      return { ...batch, place: found };
    });
  }

  async take(consumer: string, most: number, wait: number): Promise<readonly BatchDelivery[]> {
    checkKey(consumer);
    if (!Number.isInteger(most) || most < 1 || most > TAKE_MAX) {
      throw new AuditError(Errno.EINVAL, `take ${most} batches: expected 1..${TAKE_MAX}`);
    }
    // What is there, else the next one that comes: a pull that is given up would leave batches
    // with nobody until they are due again.
    const there = await this.#pull(consumer, { batch: most, no_wait: true }, ATTEMPT_MS);
    if (there.length > 0 || wait <= 0) return there;
    return this.#pull(consumer, { batch: 1, expires: nanos(wait) }, wait + ATTEMPT_MS);
  }

  async close(): Promise<void> {
    await this.#caller.close();
  }

  /** One pull: it ends when it is full, or with the status that the server answers. */
  #pull(consumer: string, request: Partial<PullOptions>, limit: number): Promise<BatchDelivery[]> {
    const next = `$JS.API.CONSUMER.MSG.NEXT.${this.#name}.${consumer}`;
    return this.#call("take from", async () => {
      if (!this.#known.has(consumer)) await this.#learn(consumer);
      const taken: BatchDelivery[] = [];
      const options = { maxWait: limit, strategy: RequestStrategy.SentinelMsg, noMux: true };
      const arrivals = await this.#connection.requestMany(next, JSON.stringify(request), options);
      let left = request.batch ?? 1;
      for await (const arrival of arrivals) {
        const { code = 0, description = "" } = arrival.headers ?? {};
        if (code === 404 || code === 408) return taken;
        // What has come is handed on, whatever becomes of the rest.
        if (code !== 0 && taken.length > 0) return taken;
        if (code !== 0) throw new Unanswered(description);
        const delivery = this.#delivery(arrival);
        if (delivery !== undefined) taken.push(delivery);
        if (--left === 0) return taken;
      }
      if (taken.length > 0) return taken;
      this.#known.delete(consumer);
      throw new Unanswered(`${this.#url} does not answer`);
    });
  }

  /** A pull from a consumer that is not there gets no answer at all, so it is looked for first. */
  async #learn(consumer: string): Promise<void> {
    try {
      await this.#jsm.consumers.info(this.#name, consumer);
      this.#known.add(consumer);
    } catch (error) {
      throw isMissing(error) ? noConsumer(this.#scope, consumer, error) : error;
    }
  }

  #delivery(arrival: Msg): BatchDelivery | undefined {
    const { reply = "" } = arrival;
    const standing = readStanding(reply);
    if (standing === undefined) return undefined;
    if (isDamaged(arrival.headers, arrival.data) && standing.deliveries < DAMAGED_MAX) {
      this.#connection.publish(reply, NAK);
      return undefined;
    }
    const batch = readBatch(arrival.headers, arrival.data);
    if (batch === undefined || isDamaged(arrival.headers, arrival.data)) {
      // Nobody but the instance can write here; what is no batch must not stop the readers.
      this.#connection.publish(reply, TERM);
      return undefined;
    }
    return {
      batch: { ...batch, place: standing.streamSequence },
      redelivered: standing.deliveries > 1,
      // With a reply subject the server confirms.
      ack: () =>
        this.#call("acknowledge to", async () => {
          await this.#connection.request(reply, ACK, { timeout: ATTEMPT_MS });
        }),
      release: () => {
        if (!this.#caller.closed) this.#connection.publish(reply, NAK);
      },
    };
  }

  #noBatch(place: number): AuditError {
    const text = `place ${place} of the stream of scope ${this.#scope}: no batch`;
    return new AuditError(Errno.EBADMSG, text);
  }

  #call<T>(call: string, attempt: () => Promise<T>): Promise<T> {
    return this.#caller.call(`${call} the stream of scope ${this.#scope}`, attempt);
  }
}
