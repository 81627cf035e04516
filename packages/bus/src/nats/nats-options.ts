// The settings of the bus over NATS, checked, and what the client library is given of them.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AuditError, Errno } from "@cauditd/libaudit";
import { checkLimits, type QueueLimits } from "../bus.ts";

/** Which server to connect to, and as whom. */
export interface NatsConnectionOptions {
  /** `nats://[user:password@]host:port`, several with commas; `tls://` asks for TLS. */
  readonly url: string;
  /** Path of a credentials file: a user JWT with its NKEY seed (`.creds`), or the seed alone. */
  readonly creds?: string | undefined;
  /** Connection name, as the server lists it. Default: `cauditd`. */
  readonly name?: string | undefined;
  /** Prefix of reply subjects, for users who may read only their own. Default: `_INBOX`. */
  readonly inboxPrefix?: string | undefined;
  /**
   * Path of a file of certificates that the server's must be signed by, with `tls://`. Default:
   * those that Node trusts, to which NODE_EXTRA_CA_CERTS adds a file.
   */
  readonly ca?: string | undefined;
}

/** Settings of connectNatsBus. */
export interface NatsBusOptions extends NatsConnectionOptions {
  /** Name of the cauditd host in subjects and stream name: 1..32 of A-Z a-z 0-9 _ -. */
  readonly host: string;
  /** Bounds of every scope's queue; all processes of one host use the same. */
  readonly limits: QueueLimits;
  /**
   * Names a life of the publisher, whose sequences may start again in the next one: 1..64 of
   * A-Z a-z 0-9 _ -. Default: a new one for each bus.
   */
  readonly epoch?: string | undefined;
  /** `file` survives a restart of the server, `memory` does not. Default: `file`. */
  readonly storage?: "memory" | "file" | undefined;
  /** Longest time in ms that a call waits for the server. Default: 10 000. */
  readonly timeout?: number | undefined;
  /** Time in ms after which the server sends an unacknowledged frame again. Default: 60 000. */
  readonly ackWait?: number | undefined;
}

/** Checked settings of a connection. `url` has no credentials and is fit for messages. */
export interface NatsConnectionSettings {
  readonly url: string;
  readonly servers: readonly string[];
  readonly tls: boolean;
  readonly login: NatsLogin;
  readonly name: string;
  readonly inboxPrefix: string | undefined;
  readonly ca: string | undefined;
}

/** Checked settings. */
export interface NatsSettings extends NatsConnectionSettings {
  readonly host: string;
  readonly limits: QueueLimits;
  readonly epoch: string;
  readonly storage: "memory" | "file";
  /** ms */
  readonly timeout: number;
  /** ms */
  readonly ackWait: number;
}

/** Proof of identity for the server; all undefined for none. */
export interface NatsLogin {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Content of a credentials file. */
  readonly creds?: Uint8Array;
  /** Seed of a user's NKEY: the server knows its public half only. */
  readonly seed?: Uint8Array;
}

const TIMEOUT_MS = 10_000;
const ACK_WAIT_MS = 60_000;
const CERTIFICATE = /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/m;
/** The seed of a user's NKEY: its kind, 32 bytes and their checksum in base 32. */
const USER_SEED = /^SU[A-Z2-7]{56}$/;

/**
 * Checks the settings and reads the credentials file. Errors: EINVAL (says which option, and what
 * was expected; a file of certificates that has none), ENOENT (a file that is not there).
 */
export async function natsSettings(options: NatsBusOptions): Promise<NatsSettings> {
  const connection = await natsConnectionSettings(options);
  const epoch = options.epoch ?? randomUUID();
  checkToken("host", options.host, 32);
  checkToken("epoch", epoch, 64);
  checkLimits(options.limits);
  const { timeout = TIMEOUT_MS, ackWait = ACK_WAIT_MS } = options;
  checkTime("timeout", timeout);
  checkTime("ackWait", ackWait);
  return {
    ...connection,
    host: options.host,
    limits: { ...options.limits },
    epoch,
    storage: options.storage ?? "file",
    timeout,
    ackWait,
  };
}

/** Checks the settings of a connection alone; errors as natsSettings. */
export async function natsConnectionSettings(
  options: NatsConnectionOptions,
): Promise<NatsConnectionSettings> {
  const urls = parseUrls(options.url);
  if (options.ca !== undefined) await checkCertificates(options.ca);
  return {
    url: urls.map((url) => `${url.protocol}//${url.host}`).join(","),
    servers: urls.map((url) => url.host),
    tls: urls.some((url) => url.protocol === "tls:"),
    login: options.creds === undefined ? urlLogin(urls) : await readCreds(options.creds),
    name: options.name ?? "cauditd",
    inboxPrefix: options.inboxPrefix,
    ca: options.ca,
  };
}

async function checkCertificates(path: string): Promise<void> {
  const text = await readFile(path, "latin1").catch((cause: unknown) => {
    throw new AuditError(Errno.ENOENT, `read certificates ${path}`, { cause });
  });
  if (CERTIFICATE.test(text)) return;
  throw new AuditError(Errno.EINVAL, `no certificate in ${path}: expected PEM`);
}

function checkToken(name: string, value: string, max: number): void {
  if (value.length <= max && /^[A-Za-z0-9_-]+$/.test(value)) return;
  const text = `${name} ${JSON.stringify(value)}: expected 1..${max} of A-Z a-z 0-9 _ -`;
  throw new AuditError(Errno.EINVAL, text);
}

function checkTime(name: string, ms: number): void {
  if (Number.isSafeInteger(ms) && ms >= 1) return;
  throw new AuditError(Errno.EINVAL, `${name} ${ms}: expected ms, an integer from 1`);
}

/** Whether it names a server, or several with commas. */
export function isNatsUrl(text: string): boolean {
  return text.split(",").every((part) => urlOf(part) !== undefined);
}

/** The text itself is not quoted in the error: it may hold a password. */
function parseUrls(text: string): URL[] {
  return text.split(",").map((part) => {
    const url = urlOf(part);
    if (url !== undefined) return url;
    throw new AuditError(Errno.EINVAL, "NATS URL: expected nats://host:port or tls://host:port");
  });
}

function urlOf(part: string): URL | undefined {
  const one = part.trim();
  const full = one.includes("://") ? one : `nats://${one}`;
  return /^(?:nats|tls):\/\/[^/]/.test(full) && URL.canParse(full) ? new URL(full) : undefined;
}

/** As the NATS tools read it: `user:password@` or `token@`. */
function urlLogin(urls: readonly URL[]): NatsLogin {
  const url = urls.find(({ username }) => username !== "");
  if (url === undefined) return {};
  const name = decoded(url.username);
  if (url.password === "") return { token: name };
  return { user: name, password: decoded(url.password) };
}

/** The text itself is not quoted in the error: it is a password, or a name beside one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badLogin(cause);
  }
}

function badLogin(cause: unknown): AuditError {
  const text = "NATS URL: expected % and two digits for what is no letter in user and password";
  return new AuditError(Errno.EINVAL, text, { cause });
}

/** What is in the file is not quoted in errors: it is a secret. */
async function readCreds(path: string): Promise<NatsLogin> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AuditError(Errno.ENOENT, `read NATS credentials ${path}`, { cause });
  });
  const text = bytes.toString("latin1").trim();
  if (USER_SEED.test(text)) return { seed: Buffer.from(text, "latin1") };
  const marks = ["-----BEGIN NATS USER JWT-----", "-----BEGIN USER NKEY SEED-----"];
  if (marks.every((mark) => text.includes(mark))) return { creds: bytes };
  const expected = "expected a user JWT and its NKEY seed, or the seed alone";
  throw new AuditError(Errno.EINVAL, `NATS credentials ${path}: ${expected}`);
}
