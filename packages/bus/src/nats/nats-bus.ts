// The bus over NATS JetStream.
import { randomUUID } from "node:crypto";
import { AuditError, Errno } from "@cauditd/libaudit";
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  headers,
  type JetStreamClient,
  type JetStreamManager,
  type Msg,
  type NatsConnection,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "nats";
import type { Bus, PublishOutcome } from "../bus.ts";
import { DAMAGED_MAX, digestLine, isDamaged } from "../frame/digest.ts";
import {
  type Attachment,
  type Claim,
  type FrameTag,
  type Inbox,
  type InboxListener,
  type LinkListener,
  type StoredFrame,
  settledWithin,
  Unanswered,
} from "./frame-stream.ts";
import { type FrameStreamOwner, JetStreamBus } from "./jetstream-bus.ts";
import { Link } from "./link.ts";
import { claimConsumer, dropConsumers } from "./nats-claim.ts";
import { ATTEMPT_MS, dial } from "./nats-connection.ts";
import {
  callError,
  isFull,
  isStreamMissing,
  jsErrorCode,
  lastError,
  openError,
  orMissing,
  STREAM_NAME_IN_USE,
} from "./nats-errors.ts";
import { type NatsBusOptions, type NatsSettings, natsSettings } from "./nats-options.ts";
import { frameSubject, readStanding, readTag, streamName, tagLines } from "./wire.ts";

/** A Bus whose queues are in a JetStream stream. */
export interface NatsBus extends Bus {
  readonly kind: "nats";
  /** Deliveries of this process that carried something else than their digest says. */
  readonly damaged: number;
  /**
   * Frames that no subscriber has acknowledged, by scope; a scope without any is not in it. One
   * request. Errors: ESHUTDOWN, ETIMEDOUT, EACCES.
   */
  waiting(): Promise<ReadonlyMap<string, number>>;
  /**
   * Closes the bus and deletes the stream of its host with every frame in it. Errors: ESHUTDOWN,
   * ETIMEDOUT, and what the server answered; the bus is closed then too.
   */
  destroy(): Promise<void>;
}

/** How long the server remembers message ids, in ms. */
const DUPLICATE_MS = 120_000;
const ACK = "+ACK";
/** Damaged frames that are remembered. */
const MAX_DAMAGED = 1024;

/**
 * Connects to a NATS server and makes the stream of the host if it is not there. The frames of a
 * scope are the subject `cauditd.v1.HOST.frame.SCOPE` of the work-queue stream `CAUDITD_HOST`. The
 * server bounds the frames per scope (it discards new ones per subject), the publisher the bytes.
 * There are two connections, so that a burst of deliveries does not stand in the way of a publish.
 *
 * Errors: EINVAL (an option), ECONNREFUSED, EHOSTUNREACH or ETIMEDOUT (no server), EACCES
 * (credentials refused), ENOENT (no credentials file), EOPNOTSUPP (no JetStream), EEXIST (a stream
 * of that name has other settings).
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<NatsBus> {
  const settings = await natsSettings(options);
  const commands = await dial(settings);
  let deliveries: NatsConnection | undefined;
  try {
    deliveries = await dial(settings);
    const stream = new NatsStream(commands, deliveries, settings);
    await stream.open();
    return new JetStreamBus(stream, settings);
  } catch (error) {
    await Promise.all([commands.close(), deliveries?.close()]);
    throw error;
  }
}

/** The stream of one host on a NATS server. */
export class NatsStream implements FrameStreamOwner {
  readonly #commands: NatsConnection;
  readonly #deliveries: NatsConnection;
  readonly #commandLink: Link;
  readonly #deliveryLink: Link;
  readonly #settings: NatsSettings;
  readonly #name: string;
  readonly #js: JetStreamClient;
  /** How often frames have arrived damaged, by their place in the stream. */
  readonly #damaged: Map<number, number> = new Map();
  #damages = 0;
  #jsm: JetStreamManager | undefined;

  constructor(commands: NatsConnection, deliveries: NatsConnection, settings: NatsSettings) {
    this.#commands = commands;
    this.#deliveries = deliveries;
    this.#commandLink = new Link(commands, settings.url);
    this.#deliveryLink = new Link(deliveries, settings.url);
    this.#settings = settings;
    this.#name = streamName(settings.host);
    this.#js = commands.jetstream({ timeout: ATTEMPT_MS });
  }

  get damaged(): number {
    return this.#damages;
  }

  /** Makes sure that JetStream and the stream are there. */
  async open(): Promise<void> {
    try {
      this.#jsm = await this.#commands.jetstreamManager({ timeout: ATTEMPT_MS });
    } catch (cause) {
      throw openError(this.#settings.url, cause);
    }
    try {
      await this.#ensure();
    } catch (error) {
      throw lastError("make the stream", this.#settings.url, error);
    }
  }

  ready(ms: number): Promise<void> {
    return Promise.all([this.#commandLink.ready(ms), this.#deliveryLink.ready(ms)]).then(nothing);
  }

  watch(listener: LinkListener): () => void {
    return this.#deliveryLink.watch(listener);
  }

  async flush(): Promise<void> {
    await this.#deliveryLink.guard(() => this.#deliveries.flush()).catch(nothing);
  }

  store(scope: string, id: string, tag: FrameTag, frame: Uint8Array): Promise<PublishOutcome> {
    return this.#call(`publish to scope ${scope}`, async () => {
      const lines = headers();
      for (const [name, value] of [...tagLines(tag), digestLine(frame)]) lines.set(name, value);
      try {
        const options = { msgID: id, headers: lines };
        const answer = await this.#js.publish(this.#subject(scope), frame, options);
        return answer.duplicate ? "duplicate" : "stored";
      } catch (error) {
        if (isFull(error)) return "full";
        throw error;
      }
    });
  }

  count(scope: string): Promise<number> {
    return this.#call(`count scope ${scope}`, async (jsm) => {
      const subject = this.#subject(scope);
      const info = await jsm.streams.info(this.#name, { subjects_filter: subject });
      return info.state.subjects?.[subject] ?? 0;
    });
  }

  waiting(): Promise<ReadonlyMap<string, number>> {
    return this.#call("count all scopes", async (jsm) => {
      const options = { subjects_filter: this.#subject("*") };
      const { state } = await jsm.streams.info(this.#name, options);
      const prefix = this.#subject("").length;
      const counts = Object.entries(state.subjects ?? {});
      return new Map(counts.map(([subject, frames]) => [subject.slice(prefix), frames]));
    });
  }

  peek(scope: string, end: "first" | "last"): Promise<StoredFrame | undefined> {
    return this.#call(`look at scope ${scope}`, async () => {
      const subject = this.#subject(scope);
      const query = end === "last" ? { last_by_subj: subject } : { seq: 1, next_by_subj: subject };
      const answer = await this.#commands.request(
        `$JS.API.DIRECT.GET.${this.#name}`,
        JSON.stringify(query),
        { timeout: ATTEMPT_MS },
      );
      const tag = readTag(answer.headers);
      return tag === undefined ? undefined : { ...tag, bytes: answer.data.length };
    });
  }

  purge(scope: string): Promise<void> {
    return this.#call(`remove scope ${scope}`, async (jsm) => {
      await jsm.streams.purge(this.#name, { filter: this.#subject(scope) });
      await dropConsumers(jsm, this.#name, scope);
    });
  }

  attach(scope: string, claim: Claim): Promise<Attachment> {
    return this.#call(`subscribe to scope ${scope}`, async (jsm) => {
      // An inbox that this process has just closed must not count as somebody waiting.
      await this.#deliveryLink.guard(() => this.#deliveries.flush());
      const { created: born } = await jsm.streams.info(this.#name);
      const config = {
        filter_subject: this.#subject(scope),
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(this.#settings.ackWait),
        max_ack_pending: claim.window,
        max_deliver: -1,
      };
      const claimed = await claimConsumer(jsm, this.#name, scope, claim, config);
      return { born: String(born), ...claimed };
    });
  }

  inbox(_scope: string, consumer: string, listener: InboxListener): Inbox {
    const connection = this.#deliveries;
    const inbox = `${this.#settings.inboxPrefix ?? "_INBOX"}.${randomUUID()}`;
    const next = `$JS.API.CONSUMER.MSG.NEXT.${this.#name}.${consumer}`;
    // A callback, not an iterator: the client's iterators hold any number of messages.
    const subscription = connection.subscribe(inbox, {
      callback: (error, msg) => {
        if (error !== null) listener.status(400, error.message);
        else if (msg.subject === inbox) {
          listener.status(msg.headers?.code ?? 0, msg.headers?.description ?? "");
        } else this.#arrival(msg, listener);
      },
    });
    return {
      pull: (batch, expires) => {
        if (connection.isClosed()) return;
        const request = JSON.stringify({ batch, expires: nanos(expires) });
        connection.publish(next, request, { reply: inbox });
      },
      close: () => {
        if (!connection.isClosed()) subscription.unsubscribe();
      },
    };
  }

  async drop(): Promise<void> {
    await this.#call("destroy", (jsm) => orMissing(jsm.streams.delete(this.#name)));
  }

  async end(): Promise<void> {
    const ending = async (link: Link, connection: NatsConnection): Promise<void> => {
      await settledWithin(
        link.guard(() => connection.flush()),
        ATTEMPT_MS,
      );
      await connection.close();
    };
    await Promise.all([
      ending(this.#commandLink, this.#commands),
      ending(this.#deliveryLink, this.#deliveries),
    ]);
  }

  #subject(scope: string): string {
    return frameSubject(this.#settings.host, scope);
  }

  #arrival(msg: Msg, listener: InboxListener): void {
    const { reply = "" } = msg;
    const standing = readStanding(reply);
    if (standing === undefined) return;
    if (isDamaged(msg.headers, msg.data) && this.#again(standing.streamSequence)) {
      listener.status(503, "a frame arrived damaged");
      return;
    }
    // With a reply subject the server confirms. What is not confirmed is delivered again.
    const confirmed = () => this.#deliveries.request(reply, ACK, { timeout: ATTEMPT_MS });
    listener.arrival({
      ...standing,
      frame: msg.data,
      tag: readTag(msg.headers),
      ack: () => this.#deliveryLink.guard(confirmed).then(nothing, nothing),
    });
  }

  /** Whether a frame that arrived damaged should be asked for again. */
  #again(streamSequence: number): boolean {
    if (this.#damaged.size > MAX_DAMAGED) this.#damaged.clear();
    const times = (this.#damaged.get(streamSequence) ?? 0) + 1;
    this.#damaged.set(streamSequence, times);
    this.#damages++;
    return times < DAMAGED_MAX;
  }

  /** One attempt on the command connection, its errors in the words of the bus. */
  async #call<T>(op: string, work: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    const jsm = this.#jsm;
    if (jsm === undefined) throw new Unanswered(`${this.#settings.url} is not open`);
    try {
      return await this.#commandLink.guard(() => work(jsm));
    } catch (error) {
      if (!isStreamMissing(error)) throw this.#error(op, error);
    }
    // A server that kept the stream in memory has restarted.
    try {
      await this.#commandLink.guard(() => this.#ensure());
    } catch (error) {
      throw this.#error(op, error);
    }
    throw new Unanswered("the stream was not there");
  }

  async #ensure(): Promise<void> {
    const jsm = this.#jsm;
    if (jsm === undefined) return;
    const wanted = this.#config();
    let info = await orMissing(jsm.streams.info(this.#name));
    if (info === undefined) {
      try {
        info = await jsm.streams.add(wanted);
      } catch (error) {
        if (jsErrorCode(error) !== STREAM_NAME_IN_USE) throw error;
        info = await jsm.streams.info(this.#name);
      }
    }
    this.#compare(wanted, info);
  }

  #config() {
    return {
      name: this.#name,
      subjects: [this.#subject("*")],
      retention: RetentionPolicy.Workqueue,
      storage: this.#settings.storage === "file" ? StorageType.File : StorageType.Memory,
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      max_msgs_per_subject: this.#settings.limits.frames,
      duplicate_window: nanos(DUPLICATE_MS),
      allow_direct: true,
    } satisfies Partial<StreamConfig>;
  }

  #compare(wanted: Partial<StreamConfig>, info: StreamInfo): void {
    const there: Partial<StreamConfig> = info.config;
    for (const key of Object.keys(wanted) as (keyof StreamConfig)[]) {
      const is = JSON.stringify(there[key]);
      const expected = JSON.stringify(wanted[key]);
      if (is === expected) continue;
      const text = `stream ${this.#name} at ${this.#settings.url}`;
      throw new AuditError(Errno.EEXIST, `${text}: ${key} is ${is}, expected ${expected}`);
    }
  }

  #error(op: string, cause: unknown): Error {
    return callError(op, this.#settings.url, cause);
  }
}

function nothing(): void {}
