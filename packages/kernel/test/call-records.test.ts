import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { CALL_RECORDS } from "../src/call-records.ts";

t.test("a call's companions go with it; what other parts of the kernel write does not", (t) => {
  for (const type of [RecordType.SYSCALL, RecordType.PATH, RecordType.PROCTITLE]) {
    t.ok(CALL_RECORDS.includes(type));
  }
  for (const type of [RecordType.LOGIN, RecordType.CONFIG_CHANGE, RecordType.AVC]) {
    t.notOk(CALL_RECORDS.includes(type));
  }
  t.equal(new Set(CALL_RECORDS).size, CALL_RECORDS.length);
  t.end();
});
