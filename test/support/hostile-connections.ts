// What a hostile tenant does with connections: it leaves them unfinished, floods, and repeats.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as dial, type Socket } from "node:net";
import { connect as secure } from "node:tls";
import { ErrorCode, type NatsConnection, NatsError } from "nats";
import type { Deployment } from "./deployment.ts";

/** Connections that are begun and not finished. */
const UNFINISHED = 50;
/** All connections that a tenant may have, and the requests on each. */
const FLOODING = 15;
const FLOOD = 300;
/** Longest time in ms that others wait while a tenant floods. */
const SERVED_MS = 10_000;

/** A connection that has been greeted. */
async function open({ server }: Deployment): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = dial(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "data");
  return socket;
}

/** Connections that never come to TLS, byte by byte: others connect meanwhile, and they are cut. */
export async function unfinished(deployment: Deployment): Promise<string> {
  const from = deployment.log.length;
  const sockets = await Promise.all(Array.from({ length: UNFINISHED }, () => open(deployment)));
  const ended = Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
  // The first bytes of a greeting of TLS.
  for (const socket of sockets) socket.write(Uint8Array.of(0x16, 0x03));
  const other = await deployment.connect("db");
  await other.flush();
  await other.close();
  await ended;
  await deployment.saw(/TLS handshake/, from);
  return "cut off";
}

/** A connection that has come to TLS, and does not say who it is. */
export async function unproven(deployment: Deployment): Promise<string> {
  const plain = await open(deployment);
  const socket = secure({ socket: plain, ca: readFileSync(deployment.ca) });
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "close");
  // The server's log has no word of it; its monitor, which is the admin's, has.
  const [, monitor = ""] = /http monitor on ([0-9.:]+)/.exec(deployment.log.join("\n")) ?? [];
  const closed = await fetch(`http://${monitor}/connz?state=closed`);
  return (await closed.text()).includes("Authentication Timeout") ? "cut off" : "not told";
}

/** As many requests as a tenant can make at once: the admin is answered meanwhile. */
export async function flooded(deployment: Deployment): Promise<string> {
  const open: NatsConnection[] = [];
  for (let i = 0; i < FLOODING; i++) open.push(await deployment.connect("web"));
  const other = await deployment.connect("ops");
  const junk = Buffer.alloc(60_000, "[");
  for (const [i, connection] of open.entries()) {
    for (let n = 0; n < FLOOD; n++) {
      const reply = `_INBOX_web.${i}.${n}`;
      connection.publish("cauditd.node1.ctl.web.status", junk, { reply });
    }
  }
  const expires = Date.now() + SERVED_MS;
  const sent = JSON.stringify({ id: "served", expires, body: { scope: "db" } });
  const options = { timeout: SERVED_MS };
  const answer = await other.request("cauditd.node1.ctl.ops.status", sent, options);
  const { errno } = answer.json<{ errno: number }>();
  for (const connection of [...open, other]) await connection.close();
  return errno === 0 ? "others are served" : `errno ${errno}`;
}

/** What says that a request was not read. */
const WAITS = [ErrorCode.NoResponders, ErrorCode.Timeout, '"errno":11,'];

function codeOf(error: unknown): string {
  if (error instanceof NatsError) return error.code;
  throw error;
}

/** Sends a request again, as somebody could who has listened: it is answered as it was. */
export async function replayed(deployment: Deployment): Promise<string> {
  const connection = await deployment.connect("web");
  const expires = Date.now() + 60_000;
  const sent = JSON.stringify({ id: "again", expires, body: { text: "again=1" } });
  const said = new Set<string>();
  // For the flood before, what this tenant asks is not read for a while, and may be cut off.
  const asked = async (): Promise<string> => {
    const sending = connection.request("cauditd.node1.ctl.web.user-record", sent);
    const answer = await sending.then((msg) => msg.string()).catch(codeOf);
    return WAITS.some((one) => answer.includes(one)) ? await asked() : answer;
  };
  for (let i = 0; i < 3; i++) said.add(await asked());
  await connection.close();
  const [first = "", ...others] = said;
  return others.length === 0 && first.includes('"errno":0') ? "one answer" : [...said].join();
}
