import { CONTID_UNSET } from "@cauditd/libaudit";
import t from "tap";
import { line, rule } from "../rule-machine.ts";

function on(list: string, test: string): string {
  const { stderr, list: listed } = line(`-a always,${list} -F ${test}`);
  return stderr === "" ? listed.replace(/^.* -F |\n$/g, "") : stderr.trimEnd();
}

t.test("AUD-31: users and groups by name", async (t) => {
  t.equal(on("exit", "uid=alice"), "uid=1000");
  t.equal(on("exit", "uid=bob"), "Unknown user: bob");
  t.equal(on("exit", "gid=adm"), "gid=4");
  t.equal(on("exit", "gid=-1"), "Unknown group: -1");
});

t.test("AUD-32, AUD-33, AUD-34: unset", async (t) => {
  for (const text of ["-1", "unset", "4294967295"]) t.equal(on("exit", `auid=${text}`), "auid=-1");
  const invalid = "Error sending add rule data request (Invalid argument)";
  t.equal(on("exit", "auid<4294967295"), invalid);
  t.equal(on("exit", "auid!=unset"), "auid!=-1");
  t.equal(on("exit", "uid=-1"), invalid);
  t.equal(on("exit", "obj_gid=4294967295"), invalid);
});

t.test("AUD-35: a session that is no number is 0", async (t) => {
  t.equal(on("exit", "sessionid=abc"), "sessionid=0");
  t.equal(on("exit", "sessionid=unset"), "sessionid=-1");
  t.equal(on("task", "sessionid=1"), "sessionid must be used with exclude, user, or exit filter");
});

t.test("AUD-36: exit takes numbers and names of errors", async (t) => {
  t.equal(on("exit", "exit=-13"), "exit=-EACCES");
  t.equal(on("exit", "exit=-eacces"), "exit=-EACCES");
  t.equal(on("exit", "exit=EACCES"), "exit=13");
  t.equal(on("exit", "exit=-EWOULDBLOCK"), "exit=-EAGAIN");
  t.equal(on("exit", "exit=--EPERM"), "-F unknown errno - exit");
  t.equal(on("task", "exit=1"), "exit can only be used with exit filter list");
});

t.test("AUD-37, AUD-38: success is a digit, filetype a word", async (t) => {
  t.equal(on("exit", "success=yes"), "-F value should be number for success");
  t.equal(on("exit", "filetype=file"), "filetype=32768");
  t.equal(on("exit", "filetype=32768"), "-F unknown file type -  filetype");
});

t.test("AUD-24, AUD-25: arch", async (t) => {
  t.equal(rule("-a always,exit -F arch=b64").fields[0]?.value, 3221225534);
  t.equal(rule("-a always,exit -F arch=B32").fields[0]?.value, 1073741827);
  t.equal(rule("-a always,exit -F arch=c000003e").fields[0]?.value, 3221225534);
  t.equal(rule("-a always,exit -F arch=0xc000003e").fields[0]?.value, 3221225534);
  t.equal(line("-a always,exit -F arch=40000003").stderr, "arch elf mapping not found\n");
  t.equal(line("-a always,exit -F arch=vax").stderr, "arch elf mapping not found\n");
  t.equal(line("-a always,exit -S open -F arch=b64").code, 255);
  t.match(line("-a always,exit -S open -F arch=b64").stderr, /arch must be before -S\n$/);
});

t.test("AUD-40, AUD-41: msgtype and fstype have their lists", async (t) => {
  t.equal(on("user", "msgtype=user_login"), "msgtype=USER_LOGIN");
  t.equal(on("exclude", "msgtype=UNKNOWN[1112]"), "msgtype=USER_LOGIN");
  t.equal(on("exclude", "msgtype=NOPE"), "-F unknown message type - msgtype");
  t.equal(
    on("exit", "msgtype=1300"),
    "msgtype field can only be used with exclude or user filter list",
  );
  t.equal(on("filesystem", "fstype=TRACEFS"), "fstype=tracefs");
  t.equal(on("filesystem", "fstype=5"), "fstype=5");
  t.equal(on("filesystem", "fstype=nfs"), "file system type is unknown for field: fstype");
  t.equal(on("exit", "fstype=5"), "fstype field is not valid for the filter");
});

t.test("AUD-19: perm takes = and up to four letters", async (t) => {
  t.equal(on("exit", "perm!=w"), "perm only takes = operator");
  t.equal(on("exit", "perm=q"), "Permission can only contain  'rwxa'");
  t.equal(on("exit", "perm=rwxar"), "String value too long");
});

t.test("CID-67, CID-71: contid is a u64 in decimal or hex, or unset", async (t) => {
  t.equal(on("exit", "contid=18446744073709551614"), "contid=18446744073709551614");
  t.equal(on("user", "contid!=0x10"), "contid!=16");
  t.equal(on("exclude", "contid=unset"), "contid=unset");
  t.equal(rule("-a always,exit -F contid=-1").fields[0]?.contid, CONTID_UNSET);
  for (const text of ["18446744073709551616", "abc", "1x", "-2", "0x", "+1"]) {
    t.equal(on("exit", `contid=${text}`), "-F value should be number for contid", text);
  }
  t.equal(on("task", "contid=1"), "contid must be used with exclude, user, or exit filter");
});
