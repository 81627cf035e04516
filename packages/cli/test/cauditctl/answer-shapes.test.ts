import { AuditError } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import {
  featuresShape,
  instancesShape,
  readAnswer,
  rulesShape,
  statusShape,
  valueShape,
} from "../../src/cauditctl/answer-shapes.ts";
import { Requests } from "../../src/cauditctl/requests.ts";

const STATUS = {
  ...{ enabled: 1, failure: 1, pid: 7, rate_limit: 0, backlog_limit: 64, lost: 0, backlog: 0 },
  ...{ backlog_wait_time: 1, backlog_wait_time_actual: 2, overflow: "drop-newest", quota: null },
};

t.test("an answer is read as it is, with what is beside it", async (t) => {
  t.same(readAnswer("status", statusShape, STATUS), STATUS);
  t.same(readAnswer("lost-reset", valueShape, { value: 3 }), { value: 3 });
});

t.test("what is no answer says what is wrong with it", async (t) => {
  const bad = { code: "EBADMSG", message: /status: the answer: enabled: / };
  t.throws(() => readAnswer("status", statusShape, { ...STATUS, enabled: "1" }), bad);
  t.throws(() => readAnswer("features", featuresShape, null), { code: "EBADMSG" });
  t.throws(() => readAnswer("instances", instancesShape, { instances: [{}] }), { code: "EBADMSG" });
});

t.test("whatever a host answers is read, or an AuditError", async (t) => {
  const shapes = [statusShape, featuresShape, valueShape, instancesShape, rulesShape];
  const near = fc.oneof(
    fc.constant({ ...STATUS }),
    fc.record({ rules: fc.array(fc.jsonValue()), next: fc.integer(), version: fc.integer() }),
    fc.record({ instances: fc.array(fc.jsonValue()) }),
    fc.anything(),
  );
  fc.assert(
    fc.property(near, (answer) => {
      for (const shape of shapes) {
        try {
          readAnswer("x", shape as typeof valueShape, answer);
        } catch (error) {
          t.type(error, AuditError);
        }
      }
    }),
  );
});

t.test("a listing that goes back, or does not go on, ends", async (t) => {
  for (const next of [0, 1]) {
    let pages = 0;
    const request = async () => ({ rules: [], next: pages++ === 0 ? 1 : next, version: 1 });
    await t.rejects(new Requests({ request }, "web", false).rules(), { code: "EBADMSG" });
  }
});
