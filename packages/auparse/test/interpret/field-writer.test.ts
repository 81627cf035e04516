import { ByteWriter, type EscapeMode, FieldWriter, NO_NAMES } from "@cauditd/auparse";
import { Arch, type FieldKind, RecordType } from "@cauditd/libaudit";
import t from "tap";

const names = { ...NO_NAMES, user: (uid: number) => (uid === 33 ? "www-data" : undefined) };

/** The text of fields of one record, given in order. */
function texts(
  type: number,
  fields: readonly (readonly [FieldKind, string])[],
  options: { escape?: EscapeMode; arch?: number } = {},
): string[] {
  const out = new ByteWriter();
  const writer = new FieldWriter(out, { names, ...options });
  writer.begin(type);
  return fields.map(([kind, text]) => {
    const buf = Buffer.from(text, "latin1");
    const mark = out.length;
    writer.write(kind, buf, 0, buf.indexOf(" ") < 0 ? buf.length : buf.indexOf(" "), buf.length);
    return out.bytes().toString("latin1", mark);
  });
}

t.test("a SYSCALL's values depend on its architecture and call", async (t) => {
  t.same(
    texts(RecordType.SYSCALL, [
      ["arch", "c000003e"],
      ["syscall", "257"],
      ["exit", "-2"],
      ["a0", "ffffff9c"],
      ["a1", "7ffd"],
      ["a2", "80000"],
      ["a3", "0"],
      ["uid", "33"],
    ]),
    [
      "x86_64",
      "openat",
      "ENOENT(No such file or directory)",
      "AT_FDCWD",
      "0x7ffd",
      "O_RDONLY|O_CLOEXEC",
      "0x0",
      "www-data",
    ],
  );
});

t.test("calls that are many in one name the one that was meant", async (t) => {
  const fields: readonly (readonly [FieldKind, string])[] = [
    ["arch", "40000003"],
    ["syscall", "102 a0=3 "],
  ];
  t.same(texts(RecordType.SYSCALL, fields), ["i386", "socketcall(connect)"]);
});

t.test("in other records the arguments are numbers", async (t) => {
  t.same(texts(RecordType.SOCKETCALL, [["a0", "3"]]), ["0x3"]);
});

t.test("a call of a machine that is not named, or not known, is one of this machine", async (t) => {
  t.same(texts(RecordType.SECCOMP, [["syscall", "59"]]), ["execve"]);
  t.same(texts(RecordType.SECCOMP, [["syscall", "11"]], { arch: Arch.I386 }), ["execve"]);
  const fields: readonly (readonly [FieldKind, string])[] = [
    ["arch", "deadbeef"],
    ["syscall", "5"],
  ];
  t.same(texts(RecordType.SYSCALL, fields), ["unknown-elf-type(deadbeef)", "fstat"]);
});

t.test("numbers that are too large are said to be so", async (t) => {
  const long = "99999999999999999999";
  t.same(texts(RecordType.CWD, [["uid", long]]), [`conversion error(${long})`]);
  t.same(texts(RecordType.CWD, [["exit", long]]), [`conversion error(${long})`]);
  t.same(texts(RecordType.CWD, [["arch", long]]), [`conversion error(${long}) `]);
  t.same(texts(RecordType.SYSCALL, [["arch", long]]), [`arch conversion error(${long})`]);
  t.same(texts(RecordType.SYSCALL, [["syscall", long]]), [`syscall conversion error(${long})`]);
});

t.test("an errno without a name is a number", async (t) => {
  t.same(texts(RecordType.SYSCALL, [["exit", "-512"]]), ["(null)(Unknown error 512)"]);
  t.same(texts(RecordType.SYSCALL, [["exit", "7"]]), ["7"]);
});

t.test("what a program chose is escaped, keys one by one", async (t) => {
  t.same(texts(RecordType.CWD, [["escaped", "1B5B6D"]]), ["\\033[m"]);
  t.same(texts(RecordType.CWD, [["escaped", "1B5B6D"]], { escape: "raw" }), ["\x1b[m"]);
  t.same(texts(RecordType.CWD, [["key", "61011B"]]), ["a\x01\\033"]);
  t.same(texts(RecordType.CWD, [["plain", "\x1b"]]), ["\x1b"]);
});

t.test("a value that auditd has interpreted still counts for the ones behind it", async (t) => {
  const out = new ByteWriter();
  const writer = new FieldWriter(out, { names });
  writer.begin(RecordType.SYSCALL);
  const buf = Buffer.from("40000003 5 99999999999999999999 2", "latin1");
  t.ok(writer.note("arch", buf, 0, 8));
  t.ok(writer.note("syscall", buf, 9, 10));
  t.notOk(writer.note("arch", buf, 11, 31));
  writer.write("a1", buf, 32, 33, 33);
  t.equal(out.bytes().toString(), "O_RDWR");
});
