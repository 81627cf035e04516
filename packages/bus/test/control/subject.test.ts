import fc from "fast-check";
import t from "tap";
import {
  controlSubject,
  inboxPrefix,
  isInbox,
  parseControlSubject,
} from "../../src/control/subject.ts";

t.test("a subject names the host, the principal and the verb", async (t) => {
  const address = { host: "node-1", principal: "web_admin", verb: "rules-add" };
  t.equal(controlSubject(address), "cauditd.node-1.ctl.web_admin.rules-add");
  t.same(parseControlSubject(controlSubject(address)), address);
  t.equal(controlSubject({ ...address, principal: "*" }), "cauditd.node-1.ctl.*.rules-add");
});

t.test("words that would change the subject are refused", async (t) => {
  const good = { host: "h", principal: "p", verb: "v" };
  for (const word of ["", "a.b", "a b", ">", "a*", "é", "x".repeat(65)]) {
    const refused = { code: "EINVAL", message: /expected 1\.\.64/ };
    t.throws(() => controlSubject({ ...good, host: word }), refused, word);
    t.throws(() => controlSubject({ ...good, principal: word }), refused, word);
    t.throws(() => controlSubject({ ...good, verb: word }), refused, word);
  }
  t.throws(() => controlSubject({ ...good, host: "v1" }), { message: /expected another name/ });
});

t.test("no other subject is read as one of control", async (t) => {
  for (const subject of [
    "",
    "cauditd.h.ctl.p",
    "cauditd.h.ctl.p.v.w",
    "cauditd.h.ctl..v",
    "cauditd.h.ctl.*.v",
    "cauditd.h.frame.p.v",
    "other.h.ctl.p.v",
    "cauditd.v1.ctl.frame.7",
    "cauditd.v1.h.frame.7",
  ]) {
    t.equal(parseControlSubject(subject), undefined, subject);
  }
});

t.test("what is read is what was written, for any text", async () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const address = parseControlSubject(text);
      return address === undefined || controlSubject(address) === text;
    }),
  );
});

t.test("an answer goes to an inbox of its caller only", async (t) => {
  t.equal(inboxPrefix("web"), "_INBOX_web");
  t.ok(isInbox("_INBOX.abc", "web"));
  t.ok(isInbox("_INBOX_web.abc", "web"));
  t.ok(isInbox("_R_.a.b", "web"), "a request that a server handed over from another account");
  for (const reply of [
    "",
    "_INBOX_db.abc",
    "_INBOX_web",
    "_INBOXweb.abc",
    "_R_",
    "cauditd.h.ctl.root.register",
    "cauditd.v1.h.frame.host",
    "$JS.API.STREAM.DELETE.CAUDITD_h",
  ]) {
    t.notOk(isInbox(reply, "web"), reply);
  }
});
