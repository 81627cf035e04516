import { type NormalTimes, NormalWriter } from "@cauditd/auparse/normalize";
import t from "tap";
import { call, eventOf } from "./events.ts";

const times: NormalTimes = {
  date: () => "11/14/23",
  time: () => "22:13:20",
  parts: () => "2023,11,14,2,22",
  offset: () => -12_610,
};
const none = { keys: false, labels: false, object: false, time: false };
const all = { keys: true, labels: true, object: true, time: true };

function writer(extra = none): NormalWriter {
  const names = { user: () => undefined, group: () => undefined };
  return new NormalWriter({ names, times, extra, uidOf: () => undefined });
}

const OPENED = [
  call(257, { key: '"k1"' }),
  'CWD cwd="/root"',
  'PATH item=0 name="x" inode=9 mode=0100644 obj=u:r:t nametype=NORMAL',
];

t.test("csv has a column for each part of the sentence", async (t) => {
  t.equal(
    writer().csv(eventOf(OPENED)).text,
    ",SYSCALL,11/14/23,22:13:20,5,audit-rule,3,unknown(20001),root,privileged-acct,opened-file," +
      "success,/root/x,9,file,/bin/x\n",
  );
  t.equal(
    writer(all).csv(eventOf(OPENED, "host-1")).text,
    "host-1,SYSCALL,11/14/23,22:13:20,2023,11,14,2,22,7,-03:10,5,audit-rule,3,unknown(20001)," +
      "root,privileged-acct,unconfined,opened-file,success,/root/x,9,,u:r:t,file,/bin/x,k1\n",
  );
  for (const extra of [none, all]) {
    const columns = (text: string): number => text.split(",").length;
    t.equal(columns(writer(extra).head), columns(writer(extra).csv(eventOf(OPENED)).text));
  }
});

t.test("text is a sentence", async (t) => {
  t.equal(
    writer().text(eventOf(OPENED)).text,
    "At 22:13:20 11/14/23 unknown(20001), acting as root, successfully opened-file /root/x " +
      "using /bin/x\n",
  );
  const connected = [call(42), "SOCKADDR saddr=020000357F0000010000000000000000"];
  t.match(writer().text(eventOf(connected, "n")).text, /^On n at .* connected-to 127\.0\.0\.1 us/);
  const local = [call(42), "SOCKADDR saddr=01002F746D702F7300"];
  t.match(writer().text(eventOf(local)).text, / connected-to local using /);
  const ended = "USER_END auid=0 msg='op=x exe=\"/bin/x\" terminal=t res=success'";
  t.match(writer().text(eventOf([ended])).text, / root successfully ended-session t \n$/);
});

t.test("results are words for what the record says", async (t) => {
  const result = (record: string): string | undefined =>
    writer()
      .csv(eventOf([record]))
      .text.split(",")[11];
  t.equal(result("USER_ACCT auid=0 msg='res=success'"), "success");
  t.equal(result("USER_ACCT auid=0 msg='res=failed'"), "failed");
  t.equal(result("SECCOMP auid=0 uid=0 syscall=59 code=0x7fff0000"), "success");
  t.equal(result("SECCOMP auid=0 uid=0 syscall=59 code=0x0"), "failed");
  t.equal(result('CWD cwd="/"'), "");
});

t.test("what was set is told by its name, and unset is the system", async (t) => {
  const set = "CONFIG_CHANGE auid=4294967295 op=set audit_enabled=1 old=0";
  const [, , , , , , , subject, , , action, , object] = writer()
    .csv(eventOf([set, call(44)]))
    .text.split(",");
  t.same([subject, action, object], ["unknown(20001)", "set", "audit_enabled"]);
  t.match(writer().text(eventOf([set, call(44)])).text, " set audit_enabled ");
  t.match(writer().text(eventOf(["LOGIN old-auid=4294967295 auid=0 res=1"])).text, " system ");
});

t.test("an event without words is told of, and leaves an empty line", async (t) => {
  const { text, complaint } = writer().csv(eventOf(['CWD cwd="/"', "PATH item=0"]));
  t.equal(complaint, "error normalizing CWD\n");
  t.equal(text, ",CWD,11/14/23,22:13:20,5,,,,,,,,,,\n");
  t.match(writer().text(eventOf(["CONTAINER_ID contid=1"])).text, "did-unknown");
});
