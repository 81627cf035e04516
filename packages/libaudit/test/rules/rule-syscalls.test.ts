import t from "tap";
import { file, line } from "../rule-machine.ts";

t.test("AUD-26: calls that the 32-bit table numbers otherwise get a warning", async (t) => {
  const warning = "WARNING - 32/64 bit syscall mismatch";
  const loaded = line("-a always,exit -S open");
  t.equal(loaded.stderr, `${warning}, you should specify an arch\n`);
  t.equal(loaded.list, "-a always,exit -S open\n");
  t.equal(line("-a always,exit -S all").stderr, "");
  t.equal(line("-a always,exit -S 5").stderr, "");
  t.equal(line("-a always,exit -F arch=b64 -S open").stderr, "");
  t.equal(line("-d always,exit -S open").stderr.includes("WARNING"), false);
  t.same(file("\n-a always,exit -S open\n").warnings, [
    { line: 2, text: `${warning} in line 2, you should specify an arch` },
  ]);
});

t.test("AUD-27, AUD-28: calls by number", async (t) => {
  t.equal(line("-a always,exit -F arch=b64 -S 2").list, "-a always,exit -F arch=b64 -S open\n");
  t.equal(line("-a always,exit -F arch=b64 -S 0x2").list, "-a always,exit -F arch=b64 -S open\n");
  t.equal(line("-a always,exit -F arch=b64 -S 4294967298").code, 0, "32 bits are kept");
  t.equal(line("-a always,exit -F arch=b64 -S 2048").stderr, "Syscall name unknown: 2048\n");
  t.equal(line("-a always,exit -F arch=b64 -S -1").stderr, "Syscall name unknown: -1\n");
  t.equal(
    line("-a always,exit -F arch=b64 -S 2047").list,
    "-a always,exit -F arch=b64 -S " +
      "rename,mkdir,rmdir,creat,link,unlink,symlink,mknod,mkdirat,mknodat,unlinkat,renameat," +
      "linkat,symlinkat,renameat2\n",
  );
  t.equal(line("-a always,exit -F arch=b64 -S 2036").list, "-a always,exit -F arch=b64\n");
});

t.test("several calls in one word, empty parts left out", async (t) => {
  t.equal(
    line("-a always,exit -F arch=b64 -S open,,OPENAT,").list,
    "-a always,exit -F arch=b64 -S open,openat\n",
  );
  t.equal(line("-a always,exit -F arch=b64 -S ,").list, "-a always,exit -F arch=b64\n");
  t.equal(line("-a always,exit -F arch=b64 -S open,nope").stderr, "Syscall name unknown: nope\n");
});

t.test("AUD-30: lists without calls", async (t) => {
  const start = "Error: syscall auditing being added to";
  t.equal(line("-a always,user -S open").stderr, `${start} user list\n`);
  t.equal(line("-a always,task -S open").stderr, `${start} task list\n`);
  t.equal(line("-d never,filesystem -S open").stderr, `${start} filesystem list\n`);
  t.equal(
    line("-a always,exclude -S open").stderr,
    "Error: syscall auditing cannot be put on exclude list\n",
  );
});
