import { FieldNumber } from "@cauditd/libaudit";
import t from "tap";
import { line, rule, run } from "../rule-machine.ts";

t.test("AUD-15: -w of a directory is dir, of anything else path, with perm rwxa", async (t) => {
  for (const [path, field] of [
    ["/etc/ssh", FieldNumber.DIR],
    ["/etc/passwd", FieldNumber.WATCH],
    ["/etc/none", FieldNumber.WATCH],
  ]) {
    const { fields } = rule(`-w ${path}`);
    t.same(fields[0], { field, op: 0x40000000, value: `${path}`.length, text: path });
    t.same(fields[1], { field: FieldNumber.PERM, op: 0x40000000, value: 15 });
  }
});

t.test("AUD-16: slashes at the end are cut", async (t) => {
  t.equal(line("-w /etc/ssh///").list, "-w /etc/ssh -p rwxa\n");
  t.equal(rule("-w ///").fields[0]?.text, "/");
  t.equal(rule("-w //").fields[0]?.text, "//");
});

t.test("AUD-17: a path is absolute, and not too long", async (t) => {
  t.equal(line("-w etc").stderr, "The path must start with '/'\n");
  t.equal(run(["-w", ""]).stderr, "The path must start with '/'\n");
  const long = `/${"a/".repeat(2048)}`;
  t.equal(line(`-w ${long}`).stderr, "The path passed for the watch is too big\n");
  t.equal(line(`-w ${long.slice(0, 4094)}`).code, 0);
  t.equal(line(`-w /${"b".repeat(256)}/`).stderr, "The base name of the path is too big\n");
  t.equal(line(`-w /${"b".repeat(255)}/`).code, 0);
});

t.test("dots and wildcards get a warning", async (t) => {
  t.equal(
    line("-w /a/../b*").stderr,
    "Warning - relative path notation is not supported\n" +
      "Warning - wildcard notation is not supported\n",
  );
});

t.test("AUD-18: permission letters in any order and case", async (t) => {
  t.equal(line("-w /etc/passwd -p xar").list, "-w /etc/passwd -p rxa\n");
  t.equal(line("-w /etc/passwd -p WA").list, "-w /etc/passwd -p wa\n");
  t.equal(line("-w /etc/passwd -p z").stderr, "Permission z isn't supported\n");
  t.equal(line("-w /etc/passwd -p rrrrr").stderr, "permission rrrrr is too long\n");
  t.equal(run(["-w", "/etc/passwd", "-p", ""]).list, "-w /etc/passwd -p \n");
});

t.test("-p needs a rule, with a field", async (t) => {
  t.equal(line("-p r").stderr, "permission option needs a watch given prior to it\n");
  t.equal(line("-a always,exit -p r").stderr, "Permissions should be preceeded by other fields\n");
  t.equal(line("-a always,exit -F uid=0 -p r").list, "-a always,exit -S all -F uid=0 -F perm=r\n");
});

t.test("a watch stands alone", async (t) => {
  t.equal(
    line("-a always,exit -w /etc/passwd").stderr,
    "watch option can't be given with a syscall\n",
  );
  t.equal(line("-w /etc/passwd -W /etc/passwd").stderr, "Rule is not empty\n\n");
});
