import {
  AuditError,
  Errno,
  errnoName,
  errnoNumber,
  errnoText,
  systemErrorText,
} from "@cauditd/libaudit";
import t from "tap";

t.test("errno numbers are those of the generic Linux table", async (t) => {
  t.equal(Errno.EPERM, 1);
  t.equal(Errno.EXDEV, 18);
  t.equal(Errno.ENOTUNIQ, 76);
  t.equal(Errno.ENOPROTOOPT, 92);
  t.equal(Errno.ECONNREFUSED, 111);
  t.equal(Errno.EHWPOISON, 133);
  t.equal(new Set(Object.values(Errno)).size, 131, "41 and 58 are free");
});

t.test("every name has its number, and every number its first name", async (t) => {
  for (const [name, number] of Object.entries(Errno)) {
    t.equal(errnoNumber(name), number, name);
    t.equal(errnoNumber(name.toLowerCase()), number, name);
    if (name !== "EWOULDBLOCK" && name !== "EDEADLOCK") t.equal(errnoName(number), name);
  }
  t.equal(errnoName(Errno.EWOULDBLOCK), "EAGAIN");
  t.equal(errnoName(Errno.EDEADLOCK), "EDEADLK");
});

t.test("unknown names and numbers are undefined", async (t) => {
  for (const number of [-1, 0, 41, 58, 134, 1.5]) t.equal(errnoName(number), undefined);
  // The last two: a Kelvin sign must not pass for a k, and no object key for a name.
  for (const text of ["", "1", "-EPERM", "EPERM ", "ENO\u212aEY", "constructor"]) {
    t.equal(errnoNumber(text), undefined, text);
  }
});

t.test("errno text is the name and the words of strerror", async (t) => {
  t.equal(errnoText(Errno.EPERM), "EPERM: operation not permitted");
  t.equal(systemErrorText(Errno.EPERM), "Operation not permitted");
  t.equal(systemErrorText(999), "Unknown error 999");
  t.equal(errnoText(Errno.EEXIST), "EEXIST: file exists");
  t.equal(errnoText(Errno.ENOTUNIQ), "ENOTUNIQ: name not unique on network");
  t.equal(errnoText(Errno.ENOTNAM), "ENOTNAM: not a XENIX named type file");
  t.equal(errnoText(Errno.EDOTDOT), "EDOTDOT: RFS specific error");
  t.equal(errnoText(Errno.ELIBSCN), "ELIBSCN: .lib section in a.out corrupted");
  t.equal(errnoText(999), "errno 999: unknown error");
  for (const number of Object.values(Errno)) t.match(errnoText(number), /^E[A-Z0-9]+: \S.*\S$/);
});

t.test("AuditError carries name, number and what was attempted", async (t) => {
  const cause = new Error("inner");
  const error = new AuditError(Errno.EXDEV, "register", { cause });
  t.ok(error instanceof Error);
  t.equal(error.name, "AuditError");
  t.equal(error.message, "EXDEV: invalid cross-device link, register");
  t.equal(error.code, "EXDEV");
  t.equal(error.errno, 18);
  t.equal(error.op, "register");
  t.equal(error.cause, cause);
  t.equal(new AuditError(999, "x").code, "errno 999");
});

t.test("the C library's text of an error number is as ausearch prints it", async (t) => {
  t.equal(systemErrorText(1), "Operation not permitted");
  t.equal(systemErrorText(9999), "Unknown error 9999");
});
