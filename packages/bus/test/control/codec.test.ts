import { AuditError, Errno } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import {
  answerError,
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  errnoLabel,
  failure,
  MAX_ANSWER_BYTES,
  MAX_DEPTH,
  MAX_REQUEST_BYTES,
} from "../../src/control/codec.ts";

const GOOD = { id: "req-1", expires: 1_795_459_259_614, body: { scope: "host" } };

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
}

t.test("a request comes out as it went in; its body may be left out", async (t) => {
  t.same(decodeRequest(encodeRequest(GOOD)), GOOD);
  t.same(decodeRequest(bytes({ id: "a", expires: 1 })).body, {});
});

t.test("a request of another shape is refused with what was expected", async (t) => {
  const cases: [unknown, RegExp][] = [
    ["", /expected JSON/],
    ["\xff", /expected JSON|expected an object/],
    ["[]", /expected an object/],
    ["null", /expected an object/],
    [{ expires: 1 }, /id: expected/],
    [{ ...GOOD, id: 7 }, /id: expected/],
    [{ ...GOOD, id: "a b" }, /id: expected/],
    [{ ...GOOD, id: "x".repeat(65) }, /id: expected/],
    [{ ...GOOD, expires: "1" }, /expires: expected/],
    [{ ...GOOD, expires: 1.5 }, /expires: expected/],
    [{ ...GOOD, expires: -1 }, /expires: expected/],
    [{ ...GOOD, body: [] }, /body: expected an object/],
    [{ ...GOOD, body: "x" }, /body: expected an object/],
    [{ ...GOOD, body: null }, /body: expected an object/],
    [{ ...GOOD, principal: "root" }, /"principal": expected only id, expires and body/],
  ];
  for (const [value, message] of cases) {
    t.throws(() => decodeRequest(bytes(value)), { code: "EINVAL", message }, JSON.stringify(value));
  }
  t.throws(() => decodeRequest(Uint8Array.of(0xff, 0xfe)), { code: "EINVAL" }, "no UTF-8");
});

t.test("a request has a size and a depth", async (t) => {
  const large = { ...GOOD, body: { text: "x".repeat(MAX_REQUEST_BYTES) } };
  t.throws(() => encodeRequest(large), { code: "EMSGSIZE" });
  t.throws(() => decodeRequest(bytes(large)), { code: "EMSGSIZE" });
  const nested = (levels: number): unknown => {
    let value: unknown = 1;
    for (let level = 2; level < levels; level++) value = [value];
    return { ...GOOD, body: { value } };
  };
  t.doesNotThrow(() => decodeRequest(bytes(nested(MAX_DEPTH))));
  t.throws(() => decodeRequest(bytes(nested(MAX_DEPTH + 1))), { message: /at most 8 levels/ });
  const deep = "[".repeat(MAX_REQUEST_BYTES);
  t.throws(() => decodeRequest(bytes(deep)), { message: /at most 8 levels/ });
  const quoted = { ...GOOD, body: { text: '[[[[[[[[[["\\[[[[' } };
  t.same(decodeRequest(bytes(quoted)), quoted, "brackets in strings do not count");
});

t.test("any bytes give a request or an AuditError, never another exception", async () => {
  const some = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(bytes),
    fc
      .record(
        { id: fc.anything(), expires: fc.anything(), body: fc.anything() },
        { requiredKeys: [] },
      )
      .map((value) => bytes(JSON.stringify(value, (_key, part) => plain(part)) ?? "")),
    fc.tuple(fc.nat(60), fc.uint8Array({ maxLength: 4 })).map(([at, junk]) => {
      const good = encodeRequest(GOOD);
      good.set(junk.subarray(0, good.length - at), at);
      return good;
    }),
  );
  fc.assert(
    fc.property(some, (raw) => {
      try {
        const { id, expires, body } = decodeRequest(raw);
        return typeof id === "string" && Number.isSafeInteger(expires) && typeof body === "object";
      } catch (error) {
        const { errno } = error as AuditError;
        return error instanceof AuditError && (errno === Errno.EINVAL || errno === Errno.EMSGSIZE);
      }
    }),
    { numRuns: 2000 },
  );
});

function plain(value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

t.test("an answer carries a result or an error", async (t) => {
  const done = { errno: 0 as const, result: { rules: [] } };
  t.same(decodeAnswer(encodeAnswer(done)), done);
  t.equal(answerError(done), undefined);
  const refused = failure(new AuditError(Errno.EPERM, "status of host"));
  t.same(refused, { errno: 1, error: "EPERM: operation not permitted, status of host" });
  const error = answerError(decodeAnswer(encodeAnswer(refused)));
  t.match(error, { errno: 1, code: "EPERM", op: "status of host" });
  t.equal(error?.message, "EPERM: operation not permitted, status of host");
});

t.test("what is no AuditError is told without its words", async (t) => {
  const answer = failure(new TypeError("at /secret/path"));
  t.equal(answer.errno, Errno.EIO);
  t.notMatch(JSON.stringify(answer), /secret/);
});

t.test("an answer that is too large becomes an error", async (t) => {
  const sent = encodeAnswer({ errno: 0, result: "x".repeat(MAX_ANSWER_BYTES) });
  t.match(decodeAnswer(sent), { errno: Errno.EMSGSIZE, error: /the answer has \d+ bytes/ });
});

t.test("what is no answer is refused", async (t) => {
  for (const text of ["", "{}", '{"errno":"1"}', '{"errno":-1,"error":"x"}', '{"errno":1}', "[]"]) {
    t.throws(() => decodeAnswer(bytes(text)), { code: "EBADMSG" }, text);
  }
});

t.test("errors are labelled by name, or by number where there is none", async (t) => {
  t.equal(errnoLabel(1), "EPERM");
  t.equal(errnoLabel(999), "errno 999");
});
