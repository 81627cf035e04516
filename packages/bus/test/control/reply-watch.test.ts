import fc from "fast-check";
import t from "tap";
import { askedSubjects, ReplyWatch } from "../../src/control/reply-watch.ts";

const ASKED = "cauditd.v1.node1.asked";

t.test("answers to a tenant's own inbox, and to nowhere, are in order", async (t) => {
  const watch = new ReplyWatch(() => t.fail("told"));
  watch.take(`${ASKED}.web.cauditd.node1.ctl.web.status`, "_INBOX_web.abc.1");
  watch.take(`${ASKED}.web.$JS.ACK.S.reader.1.1.1.1.0`, "");
  t.same([...watch.counts], []);
});

t.test("every other reply subject is counted, and told of once a second", async (t) => {
  const told: object[] = [];
  let now = 0;
  const watch = new ReplyWatch(
    (astray) => told.push(astray),
    () => now,
  );
  const subject = `${ASKED}.web.$JS.API.DIRECT.GET.S`;
  for (const reply of [
    "_INBOX.a",
    "_INBOX_db.a",
    "_INBOX_webb.a",
    "_INBOX_web",
    "a.b",
    "$JS.ACK",
  ]) {
    watch.take(subject, reply);
  }
  t.same([...watch.counts], [["web", 6]]);
  t.same(told, [{ tenant: "web", subject: "$JS.API.DIRECT.GET.S", reply: "_INBOX.a", times: 1 }]);
  watch.take(`${ASKED}.db.x`, "y");
  t.equal(told.length, 2, "another tenant is told of at once");
  now = 1000;
  watch.take(subject, "z");
  t.match(told[2], { reply: "z", times: 7 });
});

t.test("tenants that are counted have a bound", async (t) => {
  const watch = new ReplyWatch(() => undefined);
  for (let i = 0; i < 2000; i++) watch.take(`${ASKED}.t${i}.x`, "y");
  t.equal(watch.counts.size, 1025);
  t.equal(watch.counts.get("others"), 976);
});

t.test("what is asked of the host and of JetStream is looked at", async (t) => {
  t.same(askedSubjects("node1"), [
    `${ASKED}.*.cauditd.*.ctl.>`,
    `${ASKED}.*.$JS.API.>`,
    `${ASKED}.*.$JS.ACK.>`,
  ]);
});

t.test(
  "whatever a subject and a reply are, only a reply to the tenant's inbox is in order",
  async (t) => {
    const word = fc.string({
      unit: fc.constantFrom("a", "web", "_INBOX_web", "_INBOX_", ".", "$"),
    });
    const property = fc.property(word, word, (subject, reply) => {
      const watch = new ReplyWatch(() => undefined);
      watch.take(subject, reply);
      const tenant = subject.split(".")[4] ?? "";
      return (watch.counts.size === 0) === (reply === "" || reply.startsWith(`_INBOX_${tenant}.`));
    });
    t.doesNotThrow(() => fc.assert(property));
  },
);
