import {
  ControlClient,
  ControlDesk,
  type InstanceAnswers,
  MAX_REQUEST_BYTES,
  openInstanceAnswers,
  openInstanceRequests,
} from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import fc from "fast-check";
import { connect, headers } from "nats";
import t, { type Test } from "tap";
import { DISPATCHER, instanceSubject } from "../../src/control/nats-instances.ts";
import { startNatsServer } from "../nats-server.ts";

/** A desk that notes what it carries out. */
function desk(done: string[]): ControlDesk {
  return new ControlDesk({
    now: Date.now,
    isPrincipal: (name) => name === DISPATCHER,
    verbs: new Map([
      ["read", { reads: true }],
      ["change", { reads: false }],
    ]),
    handler: async ({ verb, body }) => {
      done.push(verb);
      if (verb === "read") throw new AuditError(Errno.ENOENT, "read");
      return body;
    },
    onError: () => undefined,
  });
}

async function rig(t: Test) {
  const server = await startNatsServer(t);
  const options = { url: server.url, host: "h1" };
  const requests = await openInstanceRequests(options);
  const workers: InstanceAnswers[] = [];
  t.teardown(async () => {
    await requests.close();
    for (const worker of workers) await worker.close();
  });
  const worker = async (): Promise<InstanceAnswers> => {
    const opened = await openInstanceAnswers(options);
    workers.push(opened);
    return opened;
  };
  return { server, requests, worker };
}

t.test("a request goes to whoever serves the scope, and its answer comes back", async (t) => {
  const { requests, worker } = await rig(t);
  const done: string[] = [];
  (await worker()).serve("7", desk(done));
  const client = new ControlClient(requests.of("7"));
  t.same(await client.request("change", { a: 1 }), { a: 1 });
  await t.rejects(client.request("read"), { code: "ENOENT" });
  t.same(done, ["change", "read"]);
});

t.test("nobody answers: EHOSTDOWN in time, and an owner that comes meanwhile does", async (t) => {
  const { requests, worker } = await rig(t);
  const short = new ControlClient(requests.of("7"), { timeoutMs: 200 });
  await t.rejects(short.request("change"), { code: "EHOSTDOWN", message: /instance 7/ });
  const done: string[] = [];
  const asked = new ControlClient(requests.of("7")).request("change", { a: 1 });
  const stop = (await worker()).serve("7", desk(done));
  t.same(await asked, { a: 1 });
  stop();
  await t.rejects(short.request("change"), { code: "EHOSTDOWN" });
  t.same(done, ["change"], "once");
});

t.test("bytes that are no request are refused, and a reply goes to an inbox only", async (t) => {
  const { server, worker } = await rig(t);
  const done: string[] = [];
  (await worker()).serve("7", desk(done));
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  const lines = headers();
  lines.set("Cauditd-Verb", "change");
  const subject = instanceSubject("h1", "7");
  for (const bytes of ["", "{", "[]", '{"id":"a"}', "\u0000".repeat(1000)]) {
    const { data } = await client.request(subject, bytes, { headers: lines, timeout: 5000 });
    t.match(JSON.parse(Buffer.from(data).toString()), { errno: Errno.EINVAL }, bytes.slice(0, 9));
  }
  client.publish(subject, "x", { reply: "cauditd.v1.h1.frame.7", headers: lines });
  client.publish(subject, "x");
  await client.request(subject, "x", { timeout: 5000 });
  t.same(done, []);
});

t.test("any bytes under any verb get an errno, and change nothing", async (t) => {
  const { server, worker } = await rig(t);
  const done: string[] = [];
  (await worker()).serve("7", desk(done));
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  const verb = fc.oneof(fc.constantFrom("change", "read", "__proto__"), fc.string());
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(Buffer.from),
    fc.record({ id: fc.string(), expires: fc.anything(), body: fc.jsonValue() }).map(jsonOf),
    fc
      .constantFrom(MAX_REQUEST_BYTES, MAX_REQUEST_BYTES + 1)
      .map((size) => Buffer.alloc(size, "[")),
  );
  await fc.assert(
    fc.asyncProperty(verb, bytes, async (verb, bytes) => {
      const lines = headers();
      const printable = verb.replace(/[^\x21-\x7e]/g, "?");
      if (printable !== "") lines.set("Cauditd-Verb", printable);
      const options = { headers: lines, timeout: 5000 };
      const { data } = await client.request(instanceSubject("h1", "7"), bytes, options);
      const { errno, error } = JSON.parse(Buffer.from(data).toString());
      t.ok(Number.isInteger(errno) && errno > 0, `${verb}: ${errno}`);
      t.type(error, "string");
    }),
  );
  t.same(done, []);
});

t.test("any bytes as an answer are one, or an AuditError of whoever asked", async (t) => {
  const { server, requests } = await rig(t);
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  let said: Uint8Array = new Uint8Array(0);
  client.subscribe(instanceSubject("h1", "7"), { callback: (_, msg) => void msg.respond(said) });
  await client.flush();
  const asking = new ControlClient(requests.of("7"));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), async (bytes) => {
      said = bytes;
      const error = await asking.request("read").catch((error: unknown) => error);
      t.ok(error === undefined || error instanceof AuditError || bytes.length > 0);
      if (error instanceof Error) t.type(error, AuditError);
    }),
  );
});

function jsonOf(value: unknown): Uint8Array {
  try {
    return Buffer.from(JSON.stringify(value) ?? "");
  } catch {
    return Buffer.alloc(0);
  }
}
