import { Arch, FieldNumber } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { SyscallRecord } from "../../src/filter/syscall-record.ts";
import { type Call, withFacts } from "../rules.ts";

t.test("numbers of a SYSCALL record are the kernel's 32 bits", (t) => {
  const call: Call = {
    result: "success=no exit=-13",
    args: ["7fffffffffffffff", "ffffffff9c", "0", "5"],
    fields: { auid: 4294967295, ses: 4294967295, uid: 33 },
  };
  withFacts(call, ({ call }) => {
    t.equal(call.arch, Arch.X86_64);
    t.equal(call.syscall, 257);
    t.equal(call.number(FieldNumber.EXIT), 2 ** 32 - 13);
    t.equal(call.number(FieldNumber.SUCCESS), 2);
    t.equal(call.number(FieldNumber.ARG0), 0xffffffff);
    t.equal(call.number(FieldNumber.ARG1), 0xffffff9c);
    t.equal(call.number(FieldNumber.LOGINUID), 0xffffffff);
    t.equal(call.number(FieldNumber.UID), 33);
    t.ok(call.has(FieldNumber.PERS), "no per= means 0");
    t.equal(call.number(FieldNumber.PERS), 0);
    t.equal(call.exe(), "/bin/sh");
    t.equal(call.subject(), undefined);
  });
  t.end();
});

t.test("a call that does not return has neither exit nor success", (t) => {
  withFacts({ syscall: 231, result: "" }, ({ call }) => {
    t.notOk(call.has(FieldNumber.EXIT));
    t.notOk(call.has(FieldNumber.SUCCESS));
    t.ok(call.has(FieldNumber.UID));
    t.equal(call.number(FieldNumber.EXIT), 0);
  });
  t.end();
});

t.test("the result can be taken away and given back", (t) => {
  for (const first of [FieldNumber.UID, FieldNumber.EXIT]) {
    withFacts({ result: "success=yes exit=7" }, ({ call }) => {
      t.ok(call.has(first));
      call.hideResult(true);
      t.notOk(call.has(FieldNumber.EXIT));
      t.notOk(call.has(FieldNumber.SUCCESS));
      t.ok(call.has(FieldNumber.ARG0));
      t.notOk(call.has(FieldNumber.EXIT), "nor once a field behind it was read");
      call.hideResult(false);
      t.equal(call.number(FieldNumber.EXIT), 7);
    });
  }
  t.end();
});

const HEAD = "arch=c000003e syscall=1";

/** A SYSCALL record's body, its values by field. */
const body = fc
  .record({
    per: fc.option(fc.nat({ max: 9 })),
    result: fc.option(fc.integer({ min: -20, max: 5000 })),
    a0: fc.nat(),
    pid: fc.nat({ max: 4194304 }),
    auid: fc.constantFrom(0, 1000, 4294967295),
    uid: fc.nat({ max: 70000 }),
    ses: fc.nat({ max: 20 }),
    exe: fc.constantFrom('"/bin/sh"', '"/usr/bin/python3.11"', "2F62696E2F6120ff", "(null)"),
    subj: fc.option(fc.constantFrom("unconfined", "a:b:c:s0-s1")),
    key: fc.constantFrom("(null)", '"k"', "6B016C"),
    tail: fc.constantFrom("", "\x1dARCH=x86_64 UID=root", " contid=5"),
  })
  .map((value) => {
    const { per, result, a0, pid, auid, uid, ses, exe, subj, key, tail } = value;
    const text = [
      HEAD,
      ...(per === null ? [] : [`per=${per.toString(16)}`]),
      ...(result === null ? [] : [`success=${result < 0 ? "no" : "yes"} exit=${result}`]),
      `a0=${a0.toString(16)} a1=0 a2=0 a3=1 items=0 ppid=1 pid=${pid} auid=${auid} uid=${uid}`,
      `gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts1 ses=${ses} comm="x" exe=${exe}`,
      ...(subj === null ? [] : [`subj=${subj}`]),
      `key=${key}${tail}`,
    ].join(" ");
    const expected: [field: number, number | undefined][] = [
      [FieldNumber.PERS, per ?? 0],
      [FieldNumber.EXIT, result === null ? undefined : result >>> 0],
      [FieldNumber.SUCCESS, result === null ? undefined : result < 0 ? 2 : 1],
      [FieldNumber.ARG0, a0],
      [FieldNumber.ARG3, 1],
      [FieldNumber.PID, pid],
      [FieldNumber.LOGINUID, auid],
      [FieldNumber.UID, uid],
      [FieldNumber.SESSIONID, ses],
    ];
    return { text, expected, subj: subj ?? undefined };
  });

t.test("the order in which fields are asked for does not change what they are", (t) => {
  const record = new SyscallRecord();
  const bodies = fc.array(fc.tuple(body, fc.array(fc.nat({ max: 8 }))), { maxLength: 8 });
  fc.assert(
    fc.property(bodies, (all) => {
      for (const [{ text, expected, subj }, order] of all) {
        const buf = Buffer.from(text, "latin1");
        record.reset(buf, 0, buf.length);
        for (const index of [...order, ...expected.keys()]) {
          const [field, value] = expected[index] as [number, number | undefined];
          t.equal(record.has(field) ? record.numbers[field] : undefined, value, text);
        }
        t.equal(record.subject(), subj);
      }
    }),
  );
  t.end();
});

t.test("no bytes make it fail", (t) => {
  const part = fc.oneof(
    fc.constantFrom(HEAD, " ppid=1", " pid=7", " uid=3", ' comm="x', '"', "exit=", "\x1d", " a0=f"),
    fc.string({ maxLength: 5 }),
  );
  const used = new SyscallRecord();
  const all = [FieldNumber.UID, FieldNumber.EXIT, FieldNumber.PID, FieldNumber.PERS];
  const read = (record: SyscallRecord, buf: Buffer): (number | string | undefined)[] => {
    record.reset(buf, 0, buf.length);
    return [...all.map((field) => record.number(field)), record.exe(), record.subject()];
  };
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const buf = Buffer.from(parts.join(""), "latin1");
      t.same(read(used, buf).length, 6);
    }),
  );
  t.end();
});
