import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { termsOf } from "../../src/search/terms.ts";
import { SYSCALL_BODY } from "../records.ts";

function terms(type: number, body: string, names = ""): string[] {
  const found: string[] = [];
  termsOf(type, ` ${body}`, names, (group, value) => found.push(`${group}:${value ?? "*"}`));
  return found;
}

t.test("a record is known by everything that a search may ask for", async (t) => {
  const found = terms(RecordType.SYSCALL, SYSCALL_BODY, 'AUID="alice" UID=612062');
  for (const term of [
    "type:1300",
    "pid:901",
    "ppid:900",
    "pid:900",
    "auid:1000",
    "uid:1000",
    "uid:0",
    "euid:0",
    "gid:0",
    "session:1",
    "syscall:59",
    "exit:0",
    "comm:sh",
    "exe:/bin/sh",
    "key:k",
    "name:alice",
    "name:a b",
    "terminal:(none)",
  ]) {
    t.ok(found.includes(term), term);
  }
  t.notOk(found.includes("failed:"));
});

t.test("what has several readings has several terms, or any", async (t) => {
  t.ok(terms(RecordType.PATH, 'name="./a" x').includes("file:*"));
  t.ok(terms(RecordType.NETFILTER_CFG, "table=x").includes("exe:*"));
  t.ok(terms(RecordType.TTY, "uid=5 x").includes("uid:0"));
  const keys = terms(RecordType.SYSCALL, "key=6B31016B32");
  t.ok(keys.includes("key:k1") && keys.includes("key:k2"));
  t.ok(terms(1100, "hostname=a b, x").includes("host:*"));
});

t.test("what may have failed is known", async (t) => {
  const failed = (type: number, body: string): boolean => terms(type, body).includes("failed:");
  t.ok(failed(RecordType.SYSCALL, "success=no x"));
  t.ok(failed(1100, "msg='res=failed'"));
  t.ok(failed(RecordType.AVC, "avc:  denied  { x }"));
  t.notOk(failed(1100, "msg='res=success'"));
  t.ok(failed(RecordType.FEATURE_CHANGE, "res=success"), "a word is the number 0 there");
});

t.test("contids and socket addresses are terms", async (t) => {
  t.strictSame(terms(RecordType.CONTAINER_ID, "record=1 contid=4,^2").slice(1), [
    "contid:4",
    "contid:2",
  ]);
  t.ok(
    terms(RecordType.SOCKADDR, "saddr=020000500A00000F0000000000000000").includes("host:10.0.0.15"),
  );
  t.ok(terms(RecordType.SOCKADDR, "saddr=01002F7800").includes("file:/x"));
  t.strictSame(terms(RecordType.PROCTITLE, "proctitle=a pid=1"), ["type:1327"]);
});
