import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { Unanswered } from "../../src/nats/frame-stream.ts";
import {
  callError,
  dialError,
  isFull,
  isMissing,
  isStreamMissing,
  jsErrorCode,
  openError,
} from "../../src/nats/nats-errors.ts";

const URL = "nats://h:1";

function client(code: string): Error {
  return Object.assign(new Error(`client: ${code}`), { code });
}

function server(err_code: number, description: string): Error {
  return Object.assign(client("503"), { api_error: { code: 503, err_code, description } });
}

t.test("a connection that fails has an errno and names the server", async (t) => {
  const cases: [string, string][] = [
    ["CONNECTION_REFUSED", "ECONNREFUSED"],
    ["ENOTFOUND", "EHOSTUNREACH"],
    ["TIMEOUT", "ETIMEDOUT"],
    ["AUTHORIZATION_VIOLATION", "EACCES"],
    ["TLS", "EIO"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "EPROTO"],
    ["CERT_HAS_EXPIRED", "EPROTO"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "EPROTO"],
    ["SERVER_OPT_NA", "EPROTO"],
  ];
  for (const [code, expected] of cases) {
    const error = dialError(URL, client(code));
    t.equal(error.code, expected, code);
    t.match(error.message, `connect ${URL}: `);
  }
  const refused = client("AUTHORIZATION_VIOLATION");
  t.match(dialError(URL, refused).message, /refuses these credentials$/);
  t.match(dialError(URL, refused, true).message, /none were given: --creds or NATS_CREDS$/);
  t.match(dialError(URL, "odd"), { code: "EIO", message: /odd$/ });
});

t.test("JetStream that is off, and an account that may not use it", async (t) => {
  t.match(openError(URL, client("503")), { code: "EOPNOTSUPP", message: /nats-server with -js$/ });
  t.match(openError(URL, server(10039, "jetstream not enabled for account")), {
    code: "EOPNOTSUPP",
    message: /not enabled for this account$/,
  });
  t.match(openError(URL, client("TIMEOUT")), { code: "ETIMEDOUT", message: /does not answer$/ });
});

t.test("an attempt without an answer may be made again, a refusal is final", async (t) => {
  for (const code of ["TIMEOUT", "DISCONNECT", "CONNECTION_CLOSED", "503"]) {
    t.equal(callError("publish", URL, client(code)).name, "Unanswered", code);
  }
  t.match(callError("publish", URL, client("PERMISSIONS_VIOLATION")), { code: "EACCES" });
  t.match(callError("publish", URL, client("MAX_PAYLOAD_EXCEEDED")), { code: "EMSGSIZE" });
  t.match(callError("publish", URL, server(10052, "bad stream")), {
    code: "EIO",
    message: /publish: bad stream \(JetStream error 10052\)$/,
  });
  t.match(callError("publish", URL, new TypeError("bug")), { code: "EIO", message: /bug$/ });
  const own = new AuditError(Errno.EBUSY, "subscribe");
  t.equal(callError("subscribe", URL, own), own);
  const again = new Unanswered("again");
  t.equal(callError("subscribe", URL, again), again);
});

t.test("a full queue is told from other failures to store", async (t) => {
  t.ok(isFull(server(10077, "maximum messages per subject exceeded")));
  t.ok(isFull(server(10077, "maximum bytes exceeded")));
  t.notOk(isFull(server(10077, "write error")));
  t.ok(isFull(server(10002, "resource limits exceeded for account")));
  t.ok(isFull(server(10023, "insufficient resources")));
  t.notOk(isFull(server(10059, "stream not found")));
  t.notOk(isFull(client("503")));
});

t.test("what is missing", async (t) => {
  t.ok(isStreamMissing(client("503")));
  t.ok(isStreamMissing(server(10059, "stream not found")));
  t.notOk(isStreamMissing(server(10014, "consumer not found")));
  t.notOk(isStreamMissing(client("TIMEOUT")));
  t.ok(isMissing(server(10014, "consumer not found")));
  t.ok(isMissing(server(10059, "stream not found")));
  t.notOk(isMissing(client("503")));
  t.equal(jsErrorCode(Object.assign(new Error("odd"), { api_error: null })), undefined);
  t.equal(jsErrorCode(Object.assign(new Error("odd"), { api_error: {} })), undefined);
});
