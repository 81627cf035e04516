// A JetStream server as far as cauditd uses one: streams, their limits and ids, pull consumers.
// What it answers is what nats-server 2.9 answers, with its error codes.
import { headers, type MsgHdrs } from "nats";
import { OUTSIDE, type Scheduler, type Timer } from "./scheduler.ts";

/** Virtual ms after which what is not acknowledged is delivered again. */
const AGAIN_MS = 400;

/** What a server does wrong, to see that the checks find it. */
export type ServerFault = "acks count for ever" | "out of order" | "foreign frame" | "no fence";

/** A stream's settings. */
export interface Settings {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly retention?: string;
  readonly discard?: string;
  readonly max_msgs_per_subject?: number;
  /** ns */
  readonly max_age?: number;
  readonly [more: string]: unknown;
}

/** A stored message. */
export interface Stored {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs;
  readonly at: number;
}

/** A message as a consumer delivers it. */
export interface Sent {
  readonly stored: Stored;
  readonly reply: string;
}

interface Pull {
  left: number;
  readonly deliver: (sent: Sent) => void;
  readonly status: (code: number, text: string) => void;
  readonly expiry: Timer;
}

interface ConsumerState {
  readonly name: string;
  readonly config: Record<string, unknown>;
  /** Delivered and not acknowledged: by place, how often. */
  readonly out: Map<number, number>;
  /** To be delivered again. */
  readonly due: Set<number>;
  readonly pulls: Pull[];
  delivered: number;
  deliveries: number;
}

/** One stream. */
class StreamState {
  settings: Settings;
  readonly created: string;
  readonly stored: Map<number, Stored> = new Map();
  readonly ids: Map<string, number> = new Map();
  readonly consumers: Map<string, ConsumerState> = new Map();
  /** By name: consumers that were deleted, for the fault that still heeds them. */
  readonly deleted: Map<string, ConsumerState> = new Map();
  last = 0;

  constructor(settings: Settings, created: number) {
    this.settings = settings;
    this.created = String(created);
  }

  of(filter: string): Stored[] {
    return [...this.stored.values()].filter(({ subject }) => matches(filter, subject));
  }
}

/** An error of the JetStream API. */
export function apiError(code: number, description: string): Error {
  return Object.assign(new Error(description), {
    api_error: { err_code: code, code: 400, description },
    code: "400",
  });
}

/** An error of the client: "503" nobody answers, "TIMEOUT". */
export function clientError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** The server of one round. Its store survives everything. */
export class JetStreamServer {
  readonly #scheduler: Scheduler;
  readonly #faults: ReadonlySet<ServerFault>;
  readonly #streams: Map<string, StreamState> = new Map();
  /** There is no room for anything. */
  full = false;

  constructor(scheduler: Scheduler, faults: ReadonlySet<ServerFault>) {
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  /** The messages of a stream; none when there is no such stream. */
  messages(name: string): readonly Stored[] {
    const stream = this.#streams.get(name);
    if (stream === undefined) return [];
    this.#expire(stream);
    return [...stream.stored.values()];
  }

  /** All pulls are forgotten, as by a restart. */
  restart(): void {
    for (const { consumers } of this.#streams.values()) {
      for (const { pulls } of consumers.values()) {
        for (const { expiry } of pulls.splice(0)) this.#scheduler.cancel(expiry);
      }
    }
  }

  addStream(settings: Settings): object {
    if (!this.#streams.has(settings.name)) {
      this.#streams.set(settings.name, new StreamState(settings, this.#scheduler.now + 1));
    }
    return this.streamInfo(settings.name);
  }

  updateStream(name: string, settings: Settings): object {
    this.#stream(name).settings = { ...this.#stream(name).settings, ...settings };
    return this.streamInfo(name);
  }

  streamInfo(name: string, filter?: string): object {
    const stream = this.#stream(name);
    const subjects: Record<string, number> = {};
    for (const { subject } of filter === undefined ? [] : stream.of(filter)) {
      subjects[subject] = (subjects[subject] ?? 0) + 1;
    }
    const first = [...stream.stored.keys()][0] ?? stream.last + 1;
    const state = { first_seq: first, last_seq: stream.last, messages: stream.stored.size };
    return { config: stream.settings, created: stream.created, state: { ...state, subjects } };
  }

  purge(name: string, { filter = ">", seq = Number.POSITIVE_INFINITY }): object {
    const stream = this.#stream(name);
    for (const stored of stream.of(filter)) if (stored.seq < seq) stream.stored.delete(stored.seq);
    return { success: true };
  }

  /** A message by its place, or the last of a subject. */
  get(name: string, query: { seq?: number; last_by_subj?: string; next_by_subj?: string }): Stored {
    const stream = this.#stream(name);
    const { seq = 0, last_by_subj: last, next_by_subj: next } = query;
    const found =
      last === undefined
        ? stream.of(next ?? ">").find((stored) => stored.seq >= seq)
        : stream.of(last).at(-1);
    if (found === undefined) throw apiError(10037, "no message found");
    return found;
  }

  publish(subject: string, data: Uint8Array, lines: MsgHdrs): { seq: number; duplicate: boolean } {
    const stream = [...this.#streams.values()].find(({ settings }) =>
      settings.subjects.some((filter) => matches(filter, subject)),
    );
    if (stream === undefined) throw clientError("503");
    this.#expire(stream);
    const id = lines.get("Nats-Msg-Id");
    const known = id === "" ? undefined : stream.ids.get(id);
    if (known !== undefined) {
      this.#scheduler.hit("duplicate: publish");
      return { seq: known, duplicate: true };
    }
    this.#checkExpected(stream, subject, lines);
    this.#makeRoom(stream, subject);
    const seq = ++stream.last;
    stream.stored.set(seq, { seq, subject, data, headers: lines, at: this.#scheduler.now });
    if (id !== "") stream.ids.set(id, seq);
    for (const consumer of stream.consumers.values()) this.#serve(stream, consumer);
    return { seq, duplicate: false };
  }

  addConsumer(name: string, config: Record<string, unknown>): object {
    const stream = this.#stream(name);
    const consumer = String(config["durable_name"]);
    const filter = String(config["filter_subject"]);
    const found = stream.consumers.get(consumer);
    if (found !== undefined) Object.assign(found.config, config);
    else {
      const others = [...stream.consumers.values()].some(
        ({ config: { filter_subject: other } }) => other === filter,
      );
      if (others && stream.settings.retention === "workqueue") {
        throw apiError(10100, "filtered consumer not unique on workqueue stream");
      }
      const empty = { out: new Map(), due: new Set<number>(), pulls: [] };
      const state = { name: consumer, config: { ...config }, delivered: 0, deliveries: 0 };
      stream.consumers.set(consumer, { ...state, ...empty });
    }
    return this.consumerInfo(name, consumer);
  }

  consumerInfo(name: string, consumer: string): object {
    const stream = this.#stream(name);
    const found = stream.consumers.get(consumer);
    if (found === undefined) throw apiError(10014, "consumer not found");
    return {
      name: consumer,
      config: found.config,
      delivered: { stream_seq: found.delivered, consumer_seq: found.deliveries },
      num_waiting: found.pulls.length,
      num_pending: this.#ahead(stream, found).length,
    };
  }

  consumers(name: string): object[] {
    return [...this.#stream(name).consumers.keys()].map((one) => this.consumerInfo(name, one));
  }

  deleteConsumer(name: string, consumer: string): boolean {
    const stream = this.#stream(name);
    const found = stream.consumers.get(consumer);
    if (found === undefined) throw apiError(10014, "consumer not found");
    stream.consumers.delete(consumer);
    stream.deleted.set(consumer, found);
    for (const { status, expiry } of found.pulls.splice(0)) {
      this.#scheduler.cancel(expiry);
      status(409, "Consumer Deleted");
    }
    return true;
  }

  /** Asks for messages; they come in `deliver`, and the end of the pull in `status`. */
  pull(
    name: string,
    consumer: string,
    { batch, expires }: { batch: number; expires: number },
    to: Pick<Pull, "deliver" | "status">,
  ): void {
    const stream = this.#streams.get(name);
    const found = stream?.consumers.get(consumer);
    if (stream === undefined || found === undefined) return;
    const expiry = this.#scheduler.after(OUTSIDE, "pull ends", expires, () => {
      const at = found.pulls.findIndex((pull) => pull.expiry === expiry);
      if (at < 0) return;
      found.pulls.splice(at, 1);
      to.status(408, "Request Timeout");
    });
    found.pulls.push({ left: batch, ...to, expiry });
    this.#serve(stream, found);
  }

  /** An acknowledgement on the subject that a delivery came with. */
  ack(reply: string): void {
    const [, , name = "", consumer = "", , place = ""] = reply.split(".");
    const stream = this.#streams.get(name);
    const late = this.#faults.has("acks count for ever");
    const found =
      stream?.consumers.get(consumer) ?? (late ? stream?.deleted.get(consumer) : undefined);
    if (stream === undefined || found === undefined) return;
    const seq = Number(place);
    if (!found.out.delete(seq)) return;
    found.due.delete(seq);
    if (stream.settings.retention === "workqueue") stream.stored.delete(seq);
    this.#serve(stream, found);
  }

  #stream(name: string): StreamState {
    const found = this.#streams.get(name);
    if (found === undefined) throw apiError(10059, "stream not found");
    this.#expire(found);
    return found;
  }

  #expire({ settings, stored }: StreamState): void {
    const age = (settings.max_age ?? 0) / 1e6;
    if (age === 0) return;
    const { now } = this.#scheduler;
    for (const { seq, at } of stored.values()) if (now - at >= age) stored.delete(seq);
  }

  #checkExpected(stream: StreamState, subject: string, lines: MsgHdrs): void {
    const expected = (name: string): string => lines.get(`Nats-Expected-Last-${name}`);
    const ofSubject = expected("Subject-Sequence");
    if (ofSubject !== "") {
      const is = stream.of(subject).at(-1)?.seq ?? 0;
      if (Number(ofSubject) !== is) throw apiError(10071, `wrong last sequence: ${is}`);
    }
    if (this.#faults.has("no fence")) return;
    const ofStream = expected("Sequence");
    if (ofStream !== "" && Number(ofStream) !== stream.last) {
      throw apiError(10071, `wrong last sequence: ${stream.last}`);
    }
    const id = expected("Msg-Id");
    if (id === "") return;
    const last = [...stream.ids].find(([, seq]) => seq === stream.last)?.[0] ?? "";
    if (id !== last) throw apiError(10070, `wrong last msg ID: ${last}`);
  }

  #makeRoom(stream: StreamState, subject: string): void {
    if (this.full) {
      this.#scheduler.hit("full store: refused");
      throw apiError(10047, "insufficient storage resources available");
    }
    const most = stream.settings.max_msgs_per_subject ?? -1;
    const same = most > 0 ? stream.of(subject) : [];
    if (most <= 0 || same.length < most) return;
    if (stream.settings.discard === "new") {
      this.#scheduler.hit("full queue: refused");
      throw apiError(10077, "maximum messages per subject exceeded");
    }
    for (const { seq } of same.slice(0, same.length - most + 1)) stream.stored.delete(seq);
  }

  /** What a consumer has still to deliver. */
  #ahead(stream: StreamState, { config, delivered }: ConsumerState): Stored[] {
    const wanted = stream.of(String(config["filter_subject"]));
    return wanted.filter(({ seq }) => seq > delivered);
  }

  #serve(stream: StreamState, consumer: ConsumerState): void {
    for (let pull = consumer.pulls[0]; pull !== undefined; pull = consumer.pulls[0]) {
      const next = this.#next(stream, consumer);
      if (next === undefined) return;
      if (--pull.left === 0) {
        consumer.pulls.shift();
        this.#scheduler.cancel(pull.expiry);
      }
      this.#send(stream, consumer, next, pull);
    }
  }

  #next(stream: StreamState, consumer: ConsumerState): Stored | undefined {
    for (const seq of consumer.due) {
      consumer.due.delete(seq);
      const again = stream.stored.get(seq);
      if (again === undefined) continue;
      this.#scheduler.hit("redelivery");
      return again;
    }
    if (consumer.out.size >= Number(consumer.config["max_ack_pending"])) return undefined;
    const ahead = this.#ahead(stream, consumer);
    const swaps = this.#faults.has("out of order") && ahead.length > 1;
    return ahead[swaps ? this.#scheduler.draw(2) : 0];
  }

  #send(stream: StreamState, consumer: ConsumerState, stored: Stored, pull: Pull): void {
    const { seq } = stored;
    const times = (consumer.out.get(seq) ?? 0) + 1;
    consumer.out.set(seq, times);
    consumer.delivered = Math.max(consumer.delivered, seq);
    const place = `${times}.${seq}.${++consumer.deliveries}`;
    const pending = this.#ahead(stream, consumer).length;
    const reply = `$JS.ACK.${stream.settings.name}.${consumer.name}.${place}.0.${pending}`;
    this.#scheduler.after(OUTSIDE, "again", AGAIN_MS, () => {
      if (consumer.out.get(seq) !== times) return;
      consumer.due.add(seq);
      this.#serve(stream, consumer);
    });
    pull.deliver({
      stored: this.#faults.has("foreign frame") ? swapped(stream, stored) : stored,
      reply,
    });
  }
}

/** A message with what another subject has: one in a while. */
function swapped(stream: StreamState, stored: Stored): Stored {
  const other = stored.seq % 5 === 3 ? [...stream.stored.values()] : [];
  const data = other.find(({ subject }) => subject !== stored.subject)?.data ?? stored.data;
  const lines = headers();
  for (const [name, values] of stored.headers) {
    if (name !== "Cauditd-Digest") lines.set(name, values[0] ?? "");
  }
  return { ...stored, data, headers: lines };
}

/** What `matches` has said, by filter and subject: there are few of them. */
const MATCHES: Map<string, boolean> = new Map();

function matches(filter: string, subject: string): boolean {
  const key = `${filter} ${subject}`;
  const known = MATCHES.get(key);
  if (known !== undefined) return known;
  const answer = isMatch(filter, subject);
  MATCHES.set(key, answer);
  return answer;
}

function isMatch(filter: string, subject: string): boolean {
  const [wanted, is] = [filter.split("."), subject.split(".")];
  for (const [i, word] of wanted.entries()) {
    if (word === ">") return is.length > i;
    if (is[i] === undefined || (word !== "*" && word !== is[i])) return false;
  }
  return wanted.length === is.length;
}
