import { Arch, FieldNumber, Perm } from "@cauditd/libaudit";
import t from "tap";
import { EventFacts } from "../src/event-facts.ts";
import { events, path, withFacts } from "./rules.ts";

t.test("numbers of a SYSCALL record are the kernel's 32 bits", (t) => {
  const call = {
    result: "success=no exit=-13",
    args: ["7fffffffffffffff", "ffffffff9c", "0", "5"],
    fields: { auid: 4294967295, ses: 4294967295, uid: 33 },
  };
  withFacts(call, (facts) => {
    t.equal(facts.arch, Arch.X86_64);
    t.equal(facts.syscall, 257);
    facts.scan();
    const { numbers, valid } = facts;
    t.equal(numbers[FieldNumber.EXIT], 2 ** 32 - 13);
    t.equal(numbers[FieldNumber.SUCCESS], 2);
    t.equal(numbers[FieldNumber.ARG0], 0xffffffff);
    t.equal(numbers[FieldNumber.ARG1], 0xffffff9c);
    t.equal(numbers[FieldNumber.LOGINUID], 0xffffffff);
    t.equal(numbers[FieldNumber.UID], 33);
    t.equal(valid[FieldNumber.PERS], 1, "no per= means 0");
    t.equal(facts.exe(), "/bin/sh");
    t.equal(facts.subject(), undefined);
  });
  t.end();
});

t.test("a call that does not return has neither exit nor success", (t) => {
  withFacts({ syscall: 231, result: "" }, (facts) => {
    facts.scan();
    t.equal(facts.valid[FieldNumber.EXIT], 0);
    t.equal(facts.valid[FieldNumber.SUCCESS], 0);
    t.equal(facts.valid[FieldNumber.UID], 1);
  });
  t.end();
});

t.test("names, working directory and address family come from their records", (t) => {
  const call = {
    cwd: "/srv",
    paths: [path("a", 5), path("(null)", 6)],
    more: ["SOCKADDR saddr=0A0000350000"],
  };
  withFacts(call, (facts) => {
    t.equal(facts.cwd(), "/srv");
    t.equal(facts.paths, 2);
    t.equal(facts.path(0).name, "a");
    t.equal(facts.path(1).inode, 6);
    t.equal(facts.family(), 10);
  });
  withFacts({}, (facts) => {
    t.equal(facts.cwd(), undefined);
    t.equal(facts.paths, 0);
    t.equal(facts.family(), -1);
  });
  t.end();
});

t.test("access goes by open flags where there are some, else by class", (t) => {
  const accessOf = (call: Parameters<typeof withFacts>[0]): number => {
    let access = -1;
    withFacts(call, (facts) => {
      access = facts.access();
    });
    return access;
  };
  t.equal(accessOf({ args: ["ffffff9c", "0", "80241", "0"] }), Perm.WRITE);
  t.equal(accessOf({ syscall: 2, args: ["0", "2", "0", "0"] }), Perm.READ | Perm.WRITE);
  t.equal(accessOf({ syscall: 437, more: ["OPENAT2 oflag=01 mode=0 resolve=0x0"] }), Perm.WRITE);
  t.equal(accessOf({ syscall: 59 }), Perm.EXEC);
  t.equal(accessOf({ arch: "40000003", syscall: 102, args: ["2", "0", "0", "0"] }), Perm.WRITE);
  t.equal(accessOf({ arch: "40000003", syscall: 102, args: ["3", "0", "0", "0"] }), 0);
  t.equal(accessOf({ syscall: 87 }), Perm.WRITE);
  t.equal(accessOf({ syscall: 5000 }), 0);
  t.end();
});

t.test("an event without a SYSCALL record has no call, and keeps nothing of the last one", (t) => {
  const facts = new EventFacts();
  withFacts({}, (first) => t.ok(first.syscall >= 0));
  events("type=USER_CMD msg=audit(1.000:1): pid=1 uid=0\n", (event) => {
    facts.reset(event);
    facts.scan();
    t.equal(facts.syscall, -1);
    t.equal(facts.index, -1);
    t.equal(facts.valid[FieldNumber.UID], 0);
    t.equal(facts.exe(), undefined);
  });
  t.end();
});
