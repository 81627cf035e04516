import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import {
  eventPriority,
  PRIORITIES,
  Priority,
  recordPriority,
} from "../../src/instance/overflow.ts";

t.test(
  "system calls go first, then what programs send, then what the kernel decided",
  async (t) => {
    const { CALL, USER, SECURITY, CONTROL } = Priority;
    t.same([CALL, USER, SECURITY, CONTROL], [0, 1, 2, 3]);
    t.equal(PRIORITIES, 4);
    const cases: readonly [number, number][] = [
      [RecordType.SYSCALL, CALL],
      [RecordType.CONTAINER_ID, CALL],
      [RecordType.USER_LOGIN, USER],
      [RecordType.USER, USER],
      [RecordType.AVC, SECURITY],
      [RecordType.LOGIN, SECURITY],
      [RecordType.SECCOMP, SECURITY],
      [RecordType.ANOM_ABEND, SECURITY],
      [RecordType.INTEGRITY_RULE, SECURITY],
      [1500, SECURITY],
      [RecordType.CONFIG_CHANGE, CONTROL],
      [RecordType.DAEMON_START, CONTROL],
      [RecordType.CONTAINER_OP, CONTROL],
    ];
    for (const [type, priority] of cases) t.equal(recordPriority(type), priority, String(type));
  },
);

t.test("an event has the highest priority of its records", async (t) => {
  const types = [RecordType.AVC, 77, RecordType.SYSCALL, 77, RecordType.USER_LOGIN, 77, 65535, 77];
  t.equal(eventPriority(types, 0, 2, 2), Priority.SECURITY);
  t.equal(eventPriority(types, 2, 1, 2), Priority.CALL);
  t.equal(eventPriority(types, 2, 2, 2), Priority.USER);
  t.equal(eventPriority(types, 6, 1, 2), Priority.CALL, "a type that nobody knows");
  t.equal(eventPriority([RecordType.CONFIG_CHANGE], 0, 1), Priority.CONTROL);
});
