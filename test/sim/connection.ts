// The NATS client of one process of the simulation, as far as packages/bus uses it.
import { headers, type JetStreamManager, type Msg, type MsgHdrs, type NatsConnection } from "nats";
import { clientError, type JetStreamServer, type Sent, type Settings } from "./jetstream.ts";
import { ANSWER_MS, type Network, Wire } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";

/** Where the parts of a simulated connection come from. */
export interface Site {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly server: JetStreamServer;
}

type Callback = (error: Error | null, msg: Partial<Msg>) => void;

interface PublishOptions {
  readonly msgID?: string;
  readonly headers?: MsgHdrs;
  readonly expect?: {
    readonly lastSequence?: number;
    readonly lastSubjectSequence?: number;
    readonly lastMsgID?: string;
  };
}

/** A connection; cast to the client's own type by `connection`. */
class SimConnection {
  readonly #site: Site;
  readonly #wire: Wire;
  readonly #inboxes: Map<string, Callback> = new Map();
  readonly #unwatch: () => void;
  #events: { readonly type: string }[] = [];
  #wake: () => void = () => undefined;
  #closed = false;
  #ended: () => void = () => undefined;
  readonly #end: Promise<void>;

  constructor(site: Site, who: number) {
    this.#site = site;
    this.#wire = new Wire(site.scheduler, site.network, who);
    this.#end = new Promise((resolve) => {
      this.#ended = resolve;
    });
    this.#unwatch = site.network.watch(who, {
      lost: () => this.#event("disconnect"),
      back: () => this.#event("reconnect"),
    });
    if (site.network.isDown(who)) this.#event("disconnect");
  }

  async *status(): AsyncGenerator<{ readonly type: string }> {
    while (!this.#closed) {
      yield* this.#events.splice(0);
      if (this.#events.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  closed(): Promise<void> {
    return this.#end;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    this.#inboxes.clear();
    this.#ended();
    this.#wake();
  }

  flush(): Promise<void> {
    return this.#call("flush", () => undefined);
  }

  subscribe(subject: string, { callback }: { callback: Callback }): { unsubscribe(): void } {
    this.#inboxes.set(subject, callback);
    return { unsubscribe: () => this.#inboxes.delete(subject) };
  }

  publish(subject: string, data: string, options: { reply?: string } = {}): void {
    const { server } = this.#site;
    const [, stream = "", consumer = ""] = /MSG\.NEXT\.([^.]+)\.(.+)$/.exec(subject) ?? [];
    if (stream === "") return;
    const { batch = 1, expires = 0 } = JSON.parse(data) as { batch?: number; expires?: number };
    const inbox = options.reply ?? "";
    void this.#wire.send("pull", () => {
      server.pull(stream, consumer, { batch, expires: expires / 1e6 }, this.#listener(inbox));
    });
  }

  request(subject: string, data: string): Promise<Partial<Msg>> {
    const { server } = this.#site;
    const stream = subject.slice(subject.lastIndexOf(".") + 1);
    if (subject.startsWith("$JS.ACK.")) {
      return this.#call("ack", () => {
        server.ack(subject);
        return {};
      });
    }
    return this.#call("look", () => {
      try {
        const found = server.get(stream, JSON.parse(data));
        const lines = copied(found.headers);
        lines.set("Nats-Sequence", String(found.seq));
        return { headers: lines, data: found.data };
      } catch {
        return { headers: headers(404, "Message Not Found"), data: new Uint8Array(0) };
      }
    });
  }

  jetstream(): object {
    const { server } = this.#site;
    return {
      publish: (subject: string, data: Uint8Array, options: PublishOptions = {}) => {
        const lines = linesOf(options);
        return this.#call(`publish ${subject}`, () => server.publish(subject, data, lines));
      },
      views: {
        kv: (bucket: string, { ttl = 0 }: { ttl?: number }) => {
          const settings = { name: `KV_${bucket}`, subjects: [`$KV.${bucket}.>`] };
          const limits = { max_msgs_per_subject: 1, max_age: ttl * 1e6 };
          return this.#call("make a bucket", () => server.addStream({ ...settings, ...limits }));
        },
      },
    };
  }

  /** What the server can be asked about its streams. */
  async streams(): Promise<object> {
    const { server } = this.#site;
    const call = <T>(what: string, run: () => T): Promise<T> => this.#call(what, run);
    return {
      streams: {
        info: (name: string, options?: { subjects_filter?: string }) =>
          call("stream info", () => server.streamInfo(name, options?.subjects_filter)),
        add: (settings: Settings) => call("add stream", () => server.addStream(settings)),
        update: (name: string, settings: Settings) =>
          call("update stream", () => server.updateStream(name, settings)),
        purge: (name: string, options: { filter?: string; seq?: number }) =>
          call("purge", () => server.purge(name, options)),
        getMessage: (name: string, query: { seq?: number; last_by_subj?: string }) =>
          call("get message", () => {
            const found = server.get(name, query);
            return { ...found, header: copied(found.headers), data: found.data };
          }),
      },
      consumers: {
        info: (stream: string, name: string) =>
          call("consumer info", () => server.consumerInfo(stream, name)),
        add: (stream: string, config: Record<string, unknown>) =>
          call("add consumer", () => server.addConsumer(stream, config)),
        delete: (stream: string, name: string) =>
          call("delete consumer", () => server.deleteConsumer(stream, name)),
        list: (stream: string) => listed(call("consumers", () => server.consumers(stream))),
      },
    };
  }

  #call<T>(what: string, run: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(clientError("CONNECTION_CLOSED"));
    return this.#wire.call(what, run, () => clientError("TIMEOUT"));
  }

  #listener(inbox: string) {
    const to = (msg: Partial<Msg>): void => this.#inboxes.get(inbox)?.(null, msg);
    return {
      deliver: ({ stored, reply }: Sent) =>
        this.#wire.deliver("delivery", (damaged) => {
          const data = damaged ? spoilt(stored.data) : stored.data;
          to({ subject: stored.subject, data, headers: copied(stored.headers), reply });
        }),
      status: (code: number, text: string) =>
        this.#wire.deliver(`status ${code}`, () => {
          to({ subject: inbox, data: new Uint8Array(0), headers: headers(code, text) });
        }),
    };
  }

  #event(type: string): void {
    this.#events.push({ type });
    this.#wake();
  }
}

/** Connects a process. */
export function connection(site: Site, who: number): NatsConnection {
  const connected = new SimConnection(site, who);
  // As the client calls it.
  const named = { ["jetstreamManager"]: () => connected.streams() };
  return Object.assign(connected, named) as unknown as NatsConnection;
}

/** What the server can be asked about its streams, over a connection. */
export function streamsOf(of: NatsConnection): Promise<JetStreamManager> {
  return of.jetstreamManager();
}

/** The longest that a call waits in all, virtual ms. */
export const TIMEOUT_MS: number = 8 * ANSWER_MS;

function linesOf({ msgID, headers: given, expect = {} }: PublishOptions): MsgHdrs {
  const lines = given === undefined ? headers() : copied(given);
  const { lastSequence, lastSubjectSequence, lastMsgID } = expect;
  if (msgID !== undefined) lines.set("Nats-Msg-Id", msgID);
  if (lastSequence !== undefined) lines.set("Nats-Expected-Last-Sequence", `${lastSequence}`);
  if (lastMsgID !== undefined) lines.set("Nats-Expected-Last-Msg-Id", lastMsgID);
  if (lastSubjectSequence !== undefined) {
    lines.set("Nats-Expected-Last-Subject-Sequence", `${lastSubjectSequence}`);
  }
  return lines;
}

function copied(lines: MsgHdrs): MsgHdrs {
  const copy = headers();
  for (const [name, values] of lines) copy.set(name, values[0] ?? "");
  return copy;
}

/** Bytes of which one is wrong. */
function spoilt(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = copy.length >> 1;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

async function* listed(found: Promise<object[]>): AsyncGenerator<object> {
  yield* await found;
}
