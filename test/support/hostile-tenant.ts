// Carries out the attempts of test/e2e/hostile.json, and says how each one ended.
import { createHash, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as dial, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as secure, type TLSSocket } from "node:tls";
import { errnoName } from "@cauditd/libaudit";
import {
  type ConnectionOptions,
  connect,
  headers,
  type MsgHdrs,
  type NatsConnection,
  nkeyAuthenticator,
} from "nats";
import type { Deployment } from "./deployment.ts";
import { flooded, replayed, unfinished, unproven } from "./hostile-connections.ts";

/** One line of the table. */
export interface Attempt {
  readonly name: string;
  readonly do:
    | "publish"
    | "subscribe"
    | "request"
    | "connect"
    | "raw"
    | "connections"
    | "subscriptions"
    | "loris"
    | "silent"
    | "flood"
    | "replay";
  /** Whose credentials are used; default: web. */
  readonly as?: string;
  readonly subject?: string;
  readonly queue?: string;
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent, in one of these forms; EXPIRES in a payload is a time that is still to come. */
  readonly payload?: string;
  readonly base64?: string;
  /** The bytes of `base64` are repeated so often. */
  readonly times?: number;
  readonly repeat?: readonly [text: string, times: number];
  /** A control request with this body, and what else is in it. */
  readonly body?: object;
  readonly request?: object;
  /** The body has this many rules, or so many objects in each other. */
  readonly rules?: number;
  readonly nest?: number;
  readonly login?: "none" | "stranger" | "borrowed" | "password" | "plain";
  /** Lines of the protocol; LONG stands for a subject of 8 KiB. */
  readonly lines?: readonly string[];
  readonly outcome: string;
}

/** What the control service tells of itself. */
interface Stats {
  readonly endpoints: readonly {
    readonly name: string;
    readonly data: {
      readonly answers: Record<string, number>;
      readonly astray: Record<string, number>;
    };
  }[];
}

const MORE_CONNECTIONS = 20;
const MORE_SUBSCRIPTIONS = 300;
/** No answer is expected where there is none after this time, in ms. */
const ANSWER_MS = 5000;
/** Time in ms between two looks at a count. */
const LOOK_MS = 20;
/** Longest time in ms that an attempt takes on a machine that is busy. */
const LIMIT_MS = 20_000;

/** The tenant `web`, which tries everything. */
export class HostileTenant {
  readonly #deployment: Deployment;
  readonly #ops: NatsConnection;
  #count = 0;

  private constructor(deployment: Deployment, ops: NatsConnection) {
    this.#deployment = deployment;
    this.#ops = ops;
  }

  static async start(deployment: Deployment): Promise<HostileTenant> {
    return new HostileTenant(deployment, await deployment.connect("ops"));
  }

  async end(): Promise<void> {
    await this.#ops.close();
  }

  /** Makes the attempt; its outcome, as the table names it. */
  async outcomeOf(attempt: Attempt): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve("nothing is seen of it"), LIMIT_MS);
    });
    const outcome = await Promise.race([this.#made(attempt), late]);
    clearTimeout(timer);
    return outcome;
  }

  #made(attempt: Attempt): Promise<string> {
    switch (attempt.do) {
      case "publish":
        return this.#publish(attempt);
      case "subscribe":
        return this.#subscribe(attempt);
      case "request":
        return this.#request(attempt);
      case "connect":
        return this.#connect(attempt);
      case "raw":
        return this.#raw(attempt);
      case "connections":
        return this.#connections();
      case "subscriptions":
        return this.#subscriptions();
      case "loris":
        return unfinished(this.#deployment);
      case "silent":
        return unproven(this.#deployment);
      case "flood":
        return flooded(this.#deployment);
      case "replay":
        return replayed(this.#deployment);
    }
  }

  async #publish(attempt: Attempt): Promise<string> {
    const { as = "web", reply } = attempt;
    const { subject = "" } = attempt;
    const connection = await this.#deployment.connect(as);
    const from = this.#deployment.log.length;
    const lines = headersOf(attempt);
    const options = { ...(reply === undefined ? {} : { reply }), ...lines };
    if (attempt.outcome === "frame stored") {
      const { seq } = await connection
        .jetstream()
        .publish(subject, this.#payload(attempt), { ...lines });
      return seq > 0 ? "frame stored" : "not stored";
    }
    const before = await this.#astray(as);
    connection.publish(subject, this.#payload(attempt), options);
    await connection.flush();
    await connection.close();
    if (attempt.outcome === "astray") {
      // It is in the tenant's account, where nobody listens: the dispatcher has seen it.
      while ((await this.#astray(as)) === before) await pause(LOOK_MS);
      return "astray";
    }
    await this.#violation(from, subject, reply);
    return "denied";
  }

  async #subscribe(attempt: Attempt): Promise<string> {
    const { as = "web", queue } = attempt;
    const { subject = "" } = attempt;
    const connection = await this.#deployment.connect(as);
    const from = this.#deployment.log.length;
    const got: string[] = [];
    const options = queue === undefined ? {} : { queue };
    connection.subscribe(subject, {
      ...options,
      callback: (error, msg) => {
        if (error === null) got.push(msg.subject);
      },
    });
    await connection.flush().catch(() => undefined);
    await this.#violation(from, subject);
    await connection.close();
    return got.length === 0 ? "denied" : `received ${got[0]}`;
  }

  /** The name of the errno that the answer has, if the service has counted it. */
  async #request(attempt: Attempt): Promise<string> {
    const { as = "web" } = attempt;
    const { subject = "" } = attempt;
    const verb = subject.slice(subject.lastIndexOf(".") + 1);
    const connection = await this.#deployment.connect(as);
    const before = await this.#answers(verb);
    const answer = await connection.request(subject, this.#payload(attempt), {
      timeout: ANSWER_MS,
      ...headersOf(attempt),
    });
    await connection.close();
    const { errno } = answer.json<{ errno: number }>();
    const name = errnoName(errno) ?? String(errno);
    const after = await this.#answers(verb);
    const counted = (after[name] ?? 0) - (before[name] ?? 0);
    return counted === 1 ? name : `${name}, counted ${counted} times`;
  }

  async #answers(verb: string): Promise<Record<string, number>> {
    const { endpoints } = await this.#stats();
    return endpoints.find(({ name }) => name === verb)?.data.answers ?? {};
  }

  /** Requests of a tenant whose answers were to go to others, as the service counts them. */
  async #astray(tenant: string): Promise<number> {
    return (await this.#stats()).endpoints[0]?.data.astray[tenant] ?? 0;
  }

  async #stats(): Promise<Stats> {
    return (await this.#ops.request("$SRV.STATS.cauditd-control", "")).json<Stats>();
  }

  async #connect({ login }: Attempt): Promise<string> {
    const { server, ca, creds } = this.#deployment;
    const from = this.#deployment.log.length;
    const own = nkeyAuthenticator(Buffer.from(readFileSync(creds("web"), "utf8").trim()));
    const options: ConnectionOptions = {
      servers: server.url.slice("nats://".length),
      reconnect: false,
      ...(login === "plain" ? {} : { tls: { caFile: ca } }),
    };
    if (login === "password") Object.assign(options, { user: "ops", pass: "ops" });
    if (login === "stranger") options.authenticator = () => stranger();
    if (login === "borrowed") {
      const { nkey } = nkeyAuthenticator(Buffer.from(readFileSync(creds("ops"), "utf8").trim()))(
        "",
      ) as { nkey: string };
      options.authenticator = (nonce) => ({ sig: "", ...own(nonce), nkey });
    }
    try {
      if (login === "plain") return await this.#plain();
      const connection = await connect(options);
      await connection.close();
      return "connected";
    } catch {
      await this.#deployment.saw(/authentication error|Authorization|TLS handshake/, from);
      return "unauthorized";
    }
  }

  /** Speaks the protocol without TLS. */
  async #plain(): Promise<string> {
    const from = this.#deployment.log.length;
    const socket = await this.#socket();
    socket.resume();
    socket.write('CONNECT {"user":"web"}\r\nPUB cauditd.node1.ctl.web.status 0\r\n\r\nPING\r\n');
    await once(socket, "close");
    await this.#deployment.saw(/TLS handshake/, from);
    return "unauthorized";
  }

  async #raw({ lines = [], outcome, subject }: Attempt): Promise<string> {
    const from = this.#deployment.log.length;
    const socket = await this.#session();
    const ended = once(socket, "close");
    const long = `${"x".repeat(8191)}y`;
    socket.write(lines.map((line) => `${line.replace("LONG", long)}\r\n`).join(""));
    if (outcome === "denied") {
      await this.#violation(from, subject ?? "");
      socket.destroy();
      return "denied";
    }
    await ended;
    const said =
      /Parser?\b|authentication error|maximum (?:payload|control)|Unknown|Bad Hdr|size|exceeded/i;
    await this.#deployment.saw(said, from);
    return "disconnected";
  }

  /** The tenant's connections have a bound: one more is refused. */
  async #connections(): Promise<string> {
    const from = this.#deployment.log.length;
    const open: NatsConnection[] = [];
    try {
      for (let i = 0; i < MORE_CONNECTIONS; i++) open.push(await this.#deployment.connect("web"));
      return `${open.length} connections`;
    } catch {
      await this.#deployment.saw(/maximum account active connections exceeded/, from);
      return "limited";
    } finally {
      for (const connection of open) await connection.close();
    }
  }

  async #subscriptions(): Promise<string> {
    const from = this.#deployment.log.length;
    const connection = await this.#deployment.connect("web");
    for (let i = 0; i < MORE_SUBSCRIPTIONS; i++) {
      connection.subscribe(`_INBOX_web.${i}`, { callback: () => undefined });
    }
    await this.#deployment.saw(/maximum subscriptions exceeded/i, from);
    await connection.close();
    return "limited";
  }

  /** Resolves when the server has told its log of a refusal. */
  async #violation(from: number, ...words: (string | undefined)[]): Promise<void> {
    const quoted = words
      .filter((word) => word !== undefined)
      .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    await this.#deployment.saw(new RegExp(`Violation.*"(?:${quoted.join("|")})"`), from);
  }

  /** A connection after the greeting, as the tenant. */
  async #session(): Promise<TLSSocket> {
    const plain = await this.#socket();
    const [greeting] = (await once(plain, "data")) as [Buffer];
    const { nonce } = JSON.parse(greeting.toString().slice("INFO ".length)) as { nonce: string };
    const socket = secure({ socket: plain, ca: readFileSync(this.#deployment.ca) });
    await once(socket, "secureConnect");
    socket.on("error", () => undefined);
    const seed = readFileSync(this.#deployment.creds("web"), "utf8").trim();
    const proof = nkeyAuthenticator(Buffer.from(seed))(nonce);
    const options = { ...proof, verbose: false, headers: true, protocol: 1 };
    socket.write(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`);
    for (let said = ""; !said.includes("PONG"); ) {
      said += String((await once(socket, "data"))[0]);
    }
    socket.resume();
    return socket;
  }

  async #socket(): Promise<Socket> {
    const { hostname, port } = new URL(this.#deployment.server.url);
    const socket = dial(Number(port), hostname);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }

  #payload({ payload, base64, times = 1, repeat, body, ...more }: Attempt): Uint8Array {
    const expires = Date.now() + 60_000;
    const { request, rules, nest } = more;
    if (base64 !== undefined) return repeated(Buffer.from(base64, "base64"), times);
    if (nest !== undefined) {
      const text = `${'{"a":'.repeat(nest)}1${"}".repeat(nest)}`;
      return Buffer.from(`{"id":"deep","expires":${expires},"body":${text}}`);
    }
    if (repeat !== undefined) return Buffer.from(repeat[0].repeat(repeat[1]));
    if (body === undefined) return Buffer.from((payload ?? "").replace("EXPIRES", `${expires}`));
    this.#count++;
    const many = rules === undefined ? {} : { rules: new Array(rules).fill("AAAA") };
    const whole = { id: `h${this.#count}`, expires, ...request, body: { ...body, ...many } };
    return Buffer.from(JSON.stringify(whole));
  }
}

function headersOf({ headers: wanted }: Attempt): { headers?: MsgHdrs } {
  if (wanted === undefined) return {};
  const lines = headers();
  for (const [name, value] of Object.entries(wanted)) lines.set(name, value);
  return { headers: lines };
}

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => bytes));
}

/** A key pair that the server has never heard of. */
function stranger(): { nkey: string; sig: string } {
  const { publicKey } = generateKeyPairSync("ed25519");
  const letters = createHash("sha256").update(publicKey.export({ format: "jwk" }).x ?? "");
  const text = letters
    .digest("hex")
    .toUpperCase()
    .replace(/[0189]/g, "A");
  return { nkey: `U${text.slice(0, 55)}`, sig: Buffer.alloc(64).toString("base64url") };
}
