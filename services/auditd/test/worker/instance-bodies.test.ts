import fc from "fast-check";
import t from "tap";
import { REMOTE_VERBS, requestOf } from "../../src/worker/instance-bodies.ts";

const subject = { pid: 1, uid: 0, auid: 1000, ses: 3 };

t.test("a request is what its verb says", async (t) => {
  t.same(requestOf("status", {}), { verb: "status" });
  const add = { rule: "AAAA", floor: false, subject };
  t.same(requestOf("rule-add", add), { verb: "rule-add", ...add });
  const place = { epoch: "5.0", sequence: 7 };
  t.same(requestOf("reached", place), { verb: "reached", ...place });
});

t.test("anything else is EINVAL, and says where", async (t) => {
  const refused: readonly [string, unknown, RegExp][] = [
    ["toString", {}, /no such verb/],
    ["status", { more: 1 }, /status/],
    ["rules", { from: -1 }, /from/],
    ["rule-add", { rule: "?", floor: false, subject }, /rule/],
    ["signal", { signal: "KILL" }, /signal/],
    ["status-set", { asked: { enabled: "1" }, subject }, /asked\.enabled/],
  ];
  for (const [verb, body, message] of refused) {
    t.throws(() => requestOf(verb, body), { code: "EINVAL", message }, verb);
  }
});

t.test("any body is a request or EINVAL", async (t) => {
  const verbs = fc.constantFrom(...REMOTE_VERBS.keys());
  const property = fc.property(verbs, fc.anything(), (verb, body) => {
    try {
      requestOf(verb, body);
      return true;
    } catch (error) {
      return (error as { code?: string }).code === "EINVAL";
    }
  });
  t.doesNotThrow(() => fc.assert(property));
});
