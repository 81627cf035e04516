import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { isMadeWhileOff } from "../../src/instance/made-while-off.ts";

t.test("AUD-95: AVC, USER_AVC and SECCOMP come while auditing is off, others do not", async (t) => {
  const { AVC, USER_AVC, SECCOMP, SYSCALL, USER_LOGIN, LOGIN, ANOM_ABEND, CONFIG_CHANGE } =
    RecordType;
  for (const type of [AVC, USER_AVC, SECCOMP, RecordType.INTEGRITY_RULE, 1503]) {
    t.equal(isMadeWhileOff(type), true, String(type));
  }
  for (const type of [SYSCALL, USER_LOGIN, LOGIN, ANOM_ABEND, CONFIG_CHANGE]) {
    t.equal(isMadeWhileOff(type), false, String(type));
  }
});
