import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { eventKind, recordAction } from "../../src/normalize/kinds.ts";

t.test("each type has a kind; the first range that holds it decides", async (t) => {
  t.equal(eventKind(RecordType.SYSCALL), "audit-rule");
  t.equal(eventKind(RecordType.CONFIG_CHANGE), "configuration");
  t.equal(eventKind(RecordType.ANOM_RBAC_INTEGRITY_FAIL), "integrity");
  t.equal(eventKind(RecordType.ANOM_EXEC), "anomaly");
  t.equal(eventKind(RecordType.SECCOMP), "dac-decision");
  t.equal(eventKind(1250), "audit-daemon");
  t.equal(eventKind(RecordType.USER), "unknown");
  t.equal(eventKind(-1), "unknown");
});

t.test("what was done has a word, for most types", async (t) => {
  t.equal(recordAction(RecordType.USER_LOGIN), "logged-in");
  t.equal(recordAction(RecordType.ANOM_LINK), "used-suspcious-link", "audit's spelling");
  t.equal(recordAction(RecordType.PATH), undefined);
});
