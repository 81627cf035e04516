import t from "tap";
import { line, run } from "../rule-machine.ts";

const EXIT = "-a always,exit";

t.test("a test without field, operator or value is refused", async (t) => {
  t.equal(line(`${EXIT} -F uid`).stderr, "-F missing operation for uid\n");
  t.equal(line(`${EXIT} -F =5`).stderr, "-F missing field name before operator for \n");
  t.equal(line(`${EXIT} -F uid>=`).stderr, "-F missing value after operation for uid\n");
  t.equal(line(`${EXIT} -F no=1`).stderr, "-F unknown field: no\n");
  t.equal(line("-F uid=0").stderr, "List must be given before field\n");
  t.same(line("-F arch=b64 -t").kinds, ["trim"]);
});

t.test("AUD-46: == is an operator and a value", async (t) => {
  t.equal(line(`${EXIT} -F uid==0`).stderr, "Unknown user: =0\n");
});

t.test("AUD-23: 63 fields fit into a rule", async (t) => {
  const tests = (count: number): string[] => Array(count).fill(["-F", "pid!=1"]).flat();
  t.equal(run(["-a", "always,exit", ...tests(63)]).code, 0);
  t.equal(run(["-a", "always,exit", ...tests(64)]).stderr, "Too many fields in rule: pid!=1\n");
  t.equal(
    run(["-a", "always,exit", "-S", "all", ...tests(63), "-k", "x"]).stderr,
    "Too many fields in rule: key=x\n",
  );
});

t.test("AUD-42: the fields of the exclude list", async (t) => {
  const refused =
    "Only msgtype, *uid, *gid, pid, and subj* fields can be used with exclude filter\n";
  t.equal(line("-a always,exclude -F euid=0").stderr, refused);
  t.equal(line("-a always,exclude -F uid=0 -F contid=3").code, 0);
});

t.test("AUD-20, AUD-21: keys need something before them and room", async (t) => {
  const needs = "key option needs a watch or syscall given prior to it\n";
  t.equal(line(`${EXIT} -k x`).stderr, needs);
  t.equal(line(`${EXIT} -F perm=r -k x`).code, 0);
  t.equal(
    line(`${EXIT} -F uid=0 -F key=x`).stderr,
    "Key field needs a watch, syscall or exe path given prior to it\n",
  );
  const key = "k".repeat(128);
  t.equal(line(`-w /etc/passwd -k ${key} -k ${key.slice(1)}`).code, 0);
  t.equal(line(`-w /etc/passwd -k ${key} -k ${key}`).stderr, "key option exceeds size limit\n");
  t.equal(line("-w /etc/passwd -k a\x01b").stderr, "key a\x01b has illegal character\n");
  t.equal(line("-w /etc/passwd -k a!=b").stderr, "-F unknown field: key=a\n");
});

t.test("AUD-43, AUD-44: comparisons of two fields", async (t) => {
  t.equal(line(`${EXIT} -C obj_uid!=auid`).list, "-a always,exit -S all -C auid!=obj_uid\n");
  t.equal(line(`${EXIT} -C uid=gid`).stderr, "-C incompatible comparison uid\n");
  t.equal(line(`${EXIT} -C uid>euid`).stderr, "uid>euid only takes = or != operators\n");
  t.equal(line(`${EXIT} -C =uid`).stderr, "-C missing field name before operator for \n");
  t.equal(line(`${EXIT} -C uid=`).stderr, "-C missing value after operation for  uid\n");
  t.equal(line(`${EXIT} -C no=uid`).stderr, "-C unknown field: no\n");
  t.equal(
    line(`${EXIT} -C uid=no`).stderr,
    "-C unknown right hand value for comparison with: uid\n",
  );
  t.equal(
    line("-a always,user -C uid=euid").stderr,
    "uid can only be used with exit filter list\n",
  );
});
