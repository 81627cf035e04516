import { fieldKind } from "@cauditd/auparse";
import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { isName } from "../../src/interpret/record-fields.ts";

function kind(type: keyof typeof RecordType, field: string): string {
  const buf = Buffer.from(field, "latin1");
  const equals = buf.indexOf("=");
  return fieldKind(RecordType[type], buf, 0, equals, equals + 1, buf.length);
}

t.test("a field has the kind of its name", async (t) => {
  t.equal(kind("SYSCALL", "auid=0"), "uid");
  t.equal(kind("SYSCALL", "a0=0"), "a0");
  t.equal(kind("SYSCALL", "pid=0"), "plain");
  t.equal(kind("SYSCALL", "x=0"), "plain");
});

t.test("some names mean something else in some records", async (t) => {
  t.equal(kind("EXECVE", "a0=61"), "escaped");
  t.equal(kind("EXECVE", "a12[3]=61"), "escaped");
  t.equal(kind("EXECVE", "a1_len=6"), "plain");
  t.equal(kind("EXECVE", "argc=1"), "plain");
  t.equal(kind("AVC", "saddr=1.2.3.4"), "plain");
  t.equal(kind("NETFILTER_PKT", "saddr=1.2.3.4"), "addr");
  t.equal(kind("SOCKADDR", "saddr=0100"), "sockaddr");
  t.equal(kind("PATH", "flags=1"), "flag");
  t.equal(kind("MMAP", "flags=1"), "mmap");
  t.equal(kind("MQ_OPEN", "mode=0600"), "modeshort");
  t.equal(kind("CRYPTO_KEY_USER", "fp=ab"), "plain");
  t.equal(kind("ADD_GROUP", "id=5"), "gid");
  t.equal(kind("ADD_USER", "id=5"), "uid");
  t.equal(kind("KERN_MODULE", "name=61"), "escaped");
});

t.test("whether an account is encoded depends on its value", async (t) => {
  t.equal(kind("USER_AUTH", 'acct="bob"'), "escaped");
  t.equal(kind("USER_AUTH", "acct=626F62"), "escaped");
  t.equal(kind("USER_AUTH", "acct=bob"), "plain");
  t.equal(kind("TRUSTED_APP", "x=12"), "plain");
  t.equal(kind("TRUSTED_APP", "x=ab"), "escaped");
  t.equal(kind("TRUSTED_APP", "uid=xy"), "plain");
});

t.test("a name is compared whole", async (t) => {
  const name = Buffer.from("ab");
  t.ok(isName(name, Buffer.from("xaby"), 1, 3));
  t.notOk(isName(name, Buffer.from("xaby"), 1, 4));
  t.notOk(isName(name, Buffer.from("xacy"), 1, 3));
});
