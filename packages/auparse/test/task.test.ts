import { AuditParser, contidText, PID_MAX, scanTask, TaskFields } from "@cauditd/auparse";
import t from "tap";
import { line, log, PATH_BODY, SYSCALL_BODY } from "./records.ts";

interface Found {
  readonly task: TaskFields;
  readonly contid: string;
}

/** What the only event of these records says. */
function found(...records: readonly (readonly [type: string, body: string])[]): Found {
  const all: Found[] = [];
  const parser = new AuditParser((event) => {
    const task = new TaskFields();
    // Stale values show when a field is not set.
    Object.assign(task, { pid: 99, ppid: 99, arch: 99, syscall: 99 });
    scanTask(event, task);
    all.push({ task, contid: contidText(event) });
  });
  parser.push(Buffer.from(log(...records.map(([type, body]) => line({ type, body }))), "latin1"));
  parser.end();
  const [first, second] = all;
  if (first === undefined || second !== undefined) throw new Error("one event was expected");
  return first;
}

const task = (...records: readonly (readonly [string, string])[]): object => ({
  ...found(...records).task,
});
const contid = (...records: readonly (readonly [string, string])[]): string =>
  found(...records).contid;

const NONE = { pid: 0, ppid: -1, arch: 0, syscall: -1 };
const USER = `pid=5 uid=0 auid=0 ses=1 msg='op=x exe="/x" res=success'`;

t.test("the SYSCALL record says who did it, wherever it stands", async (t) => {
  const expected = { pid: 901, ppid: 900, arch: 0xc000003e, syscall: 59 };
  t.strictSame(task(["SYSCALL", SYSCALL_BODY]), expected);
  t.strictSame(task(["LOGIN", "pid=7 uid=0"], ["SYSCALL", SYSCALL_BODY]), expected);
  t.strictSame(task(["SYSCALL", `${SYSCALL_BODY}\x1dARCH=x86_64 SYSCALL=execve`]), expected);
});

t.test("a URINGOP record says it too, without arch and syscall", async (t) => {
  const body = "uring_op=18 success=yes exit=0 items=0 ppid=1 pid=2 uid=0 gid=0 key=(null)";
  t.strictSame(task(["URINGOP", body]), { ...NONE, pid: 2, ppid: 1 });
});

t.test("without SYSCALL, the first record with a pid= says it", async (t) => {
  t.strictSame(task(["CWD", 'cwd="/"'], ["LOGIN", "pid=7 uid=0"], ["LOGIN", "pid=8"]), {
    ...NONE,
    pid: 7,
  });
  t.strictSame(task(["AVC", "avc:  denied  { read } for  pid=3 comm=x"]), { ...NONE, pid: 3 });
  t.strictSame(task(["OBJ_PID", 'opid=10 ocomm="t"']), NONE);
  t.strictSame(task(["PROCTITLE", "proctitle=6C73"]), NONE);
});

t.test("the sender of a user record is believed, its text is not", async (t) => {
  t.strictSame(task(["USER_LOGIN", USER]), { ...NONE, pid: 5 });
  t.strictSame(task(["USER_LOGIN", "uid=0 msg='pid=6' pid=7"]), NONE);
  t.strictSame(task(["USER_LOGIN", "uid=0 msg='op=x pid=6 contid=7"]), NONE);
  t.strictSame(task(["USER_LOGIN", "uid=0 auid=0\x1dpid=6"]), NONE);
});

t.test("the name of an nftables table cannot name a pid or a contid", async (t) => {
  const tail = "family=2 entries=1 op=nft_register_table pid=8 subj=x comm=6E";
  for (const name of ["a", "a pid=1 contid=9 ", "a msg='pid=1 ", 'a b="pid=1 ', "a\x1dpid=1"]) {
    const record = ["NETFILTER_CFG", `table=${name}:3 ${tail}`] as const;
    t.strictSame(task(record), { ...NONE, pid: 8 }, name);
    t.equal(contid(record), "", name);
  }
  t.strictSame(task(["NETFILTER_CFG", "table=a:3"]), NONE);
});

t.test("numbers that are none, or too large, are not taken for others", async (t) => {
  const syscall = (head: string): object => task(["SYSCALL", head]);
  t.strictSame(syscall(`arch=c000003e syscall=1 ppid=0 pid=${PID_MAX}`), {
    pid: PID_MAX,
    ppid: 0,
    arch: 0xc000003e,
    syscall: 1,
  });
  t.strictSame(syscall(`syscall=0 ppid=${PID_MAX + 1} pid=${PID_MAX + 1}`), {
    ...NONE,
    syscall: 0,
  });
  t.strictSame(syscall(`syscall=1x ppid= pid=${"9".repeat(400)}`), NONE);
  t.strictSame(syscall("syscall=-1 ppid=-1 pid=-1"), NONE);
  t.strictSame(syscall("syscall=4294967296 ppid=1e3 pid=1.5"), NONE);
  t.strictSame(syscall("arch=c000003effff pid=1"), { ...NONE, pid: 1, arch: 0xc000003e });
  t.strictSame(syscall("arch=xyz pid=1"), { ...NONE, pid: 1 });
  t.strictSame(task(["LOGIN", `pid=${PID_MAX + 1}`], ["LOGIN", "pid=6"]), { ...NONE, pid: 6 });
});

t.test("AUD-92: an x32 system call keeps bit 30", async (t) => {
  const { syscall } = found(["SYSCALL", "arch=c000003e syscall=1073741826 ppid=1 pid=2"]).task;
  t.equal(syscall, 0x40000002);
});

t.test("AUD-152: a SYSCALL record without some of its fields gives what it has", async (t) => {
  t.strictSame(task(["SYSCALL", "arch=deadbeef syscall=5 exit=3 a0=1 items=0"]), {
    ...NONE,
    arch: 0xdeadbeef,
    syscall: 5,
  });
  t.strictSame(task(["SYSCALL", "arch=c000003e syscall=5 auid=1000"]), {
    ...NONE,
    arch: 0xc000003e,
    syscall: 5,
  });
  t.strictSame(task(["SYSCALL", ""]), NONE);
  t.strictSame(task(["SYSCALL", "pid 5 pid"]), NONE);
  t.strictSame(task(["SYSCALL", "success=yes\x1dpid=5"]), NONE);
});

t.test("CID-61: the first CONTAINER_ID record names the subject", async (t) => {
  const first = ["CONTAINER_ID", "record=1 contid=4,^2,^1"] as const;
  t.equal(contid(["SYSCALL", SYSCALL_BODY], first, ["CONTAINER_ID", "contid=9"]), "4,^2,^1");
  t.equal(contid(["LOGIN", "pid=1 contid=9"], first), "4,^2,^1");
  t.equal(contid(["CONTAINER_ID", "record=1"], first), "", "the first one counts, also if empty");
});

t.test("CID-63: the CONTAINER_ID record behind a user record names its sender", async (t) => {
  t.equal(contid(["USER_LOGIN", USER], ["CONTAINER_ID", "record=1 contid=7"]), "7");
});

t.test("a contid at the end of a SYSCALL record counts, also in front of record=", async (t) => {
  t.equal(contid(["SYSCALL", `${SYSCALL_BODY} contid=7`]), "7");
  t.equal(contid(["SYSCALL", `${SYSCALL_BODY} contid=7 record=1`]), "7");
  t.equal(contid(["SYSCALL", `${SYSCALL_BODY} contid=7\x1dARCH=x86_64 SYSCALL=read`]), "7");
  t.equal(contid(["SYSCALL", `${SYSCALL_BODY}\x1dARCH=x86_64 SYSCALL=read UID="root"`]), "");
  t.equal(contid(["SYSCALL", SYSCALL_BODY]), "");
});

t.test("a contid behind 0x1d is not the kernel's", async (t) => {
  t.equal(contid(["SYSCALL", `${SYSCALL_BODY}\x1dcontid=7`]), "");
  t.equal(contid(["SYSCALL", `${SYSCALL_BODY}\x1dARCH=x86_64 contid=7`]), "");
  t.equal(contid(["LOGIN", "pid=1 uid=0\x1dcontid=7"]), "");
  t.equal(contid(["CONTAINER_ID", "record=1\x1dcontid=7"]), "");
});

t.test(
  "another record of the kernel may have a contid, what programs wrote does not count",
  async (t) => {
    t.equal(contid(["ANOM_ABEND", "auid=0 pid=1 contid=7 sig=11"]), "7");
    t.equal(contid(["LOGIN", "pid=1"], ["ANOM_ABEND", "contid=7"]), "7");
    t.equal(contid(["USER_LOGIN", "pid=1 contid=7 msg='contid=8'"]), "");
    t.equal(contid(["LOGIN", "pid=1 msg='contid=8' contid=9"]), "");
    t.equal(contid(["PATH", `${PATH_BODY} contid=7`]), "");
    t.equal(contid(["EXECVE", "argc=1 a0=x contid=7"]), "");
  },
);

t.test("CID-3: CONTAINER_OP and SET_CAPCONTID name their object, not the subject", async (t) => {
  t.equal(contid(["CONTAINER_OP", "op=set opid=612 contid=4001 old-contid=-1"]), "");
  t.equal(contid(["SET_CAPCONTID", "opid=6 capcontid=1 contid=4"]), "");
});

t.test("the CONTAINER_ID of a signal's target is not the subject's (CID-61, CID-121)", (t) => {
  const stamp = "msg=audit(1700000000.000:7): ";
  const said = (call: string): string => {
    let text = "none";
    const parser = new AuditParser((event) => {
      text = contidText(event);
    });
    const lines = [
      `type=CONTAINER_ID ${stamp}record=1 contid=5`,
      `type=SYSCALL ${stamp}arch=c000003e syscall=62 ppid=1 pid=2 key=(null)${call}`,
      `type=CONTAINER_ID ${stamp}record=2 contid=6`,
      `type=OBJ_PID ${stamp}opid=9 oauid=0 ouid=0 oses=1 ocomm="x" record=2`,
      `type=OBJ_PID ${stamp}opid=8 oauid=0 ouid=0 oses=1 ocomm="y" record=1`,
    ];
    parser.push(Buffer.from(lines.map((line) => `${line}\n`).join("")));
    parser.end();
    return text;
  };
  t.equal(said(" record=1"), "5", "the subject signals its own container");
  t.equal(said(""), "", "a task of the host signals two containers");
  t.end();
});
