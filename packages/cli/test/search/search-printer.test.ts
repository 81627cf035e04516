import { EventScan, newQuery, type SearchRequest } from "@cauditd/auparse/search";
import t from "tap";
import { printerOf } from "../../src/search/search-printer.ts";
import { OutputBatch } from "../../src/terminal/output-batch.ts";

process.env["TZ"] = "UTC";
process.env["LC_ALL"] = "C";

const LOG = `type=SYSCALL msg=audit(1700000000.007:5): arch=c000003e syscall=62 success=yes auid=0
type=USER_ACCT msg=audit(1700000004.000:6): pid=1 uid=0 auid=0 ses=1 msg='acct="root" res=failed'
type=CWD msg=audit(1700000009.000:7): cwd="/"
type=PATH msg=audit(1700000009.000:7): item=0 name="x"
`;
const COLUMNS =
  "NODE,EVENT,DATE,TIME,SERIAL_NUM,EVENT_KIND,SESSION,SUBJ_PRIME,SUBJ_SEC,SUBJ_KIND,ACTION," +
  "RESULT,OBJ_PRIME,OBJ_SEC,OBJ_KIND,HOW\n";
const ROWS = [
  ",SYSCALL,11/14/23,22:13:20,5,audit-rule,,root,,,killed-pid,success,,,process,\n",
  ",USER_ACCT,11/14/23,22:13:24,6,user-login,1,root,root,privileged-acct,was-authorized,failed,",
  "root,,user-session,\n",
  ",CWD,11/14/23,22:13:29,7,,,,,,,,,,\n",
];

async function printed(
  format: SearchRequest["format"],
  extra = { keys: false, labels: false, object: false, time: false },
): Promise<{ out: string; err: string }> {
  let out = "";
  let err = "";
  const output = new OutputBatch((bytes) => {
    out += Buffer.from(bytes).toString("latin1");
  });
  const request = { query: newQuery(), format, escape: "tty", extra } as SearchRequest;
  const print = await printerOf({
    request,
    output,
    err: (text) => {
      err += text;
    },
    users: () => undefined,
  });
  const scan = new EventScan(newQuery(), (event) => {
    print(event);
    return true;
  });
  scan.push(Buffer.from(LOG, "latin1"));
  scan.endLog();
  scan.end();
  output.flush();
  return { out, err };
}

t.test("csv begins with its columns, and complains of what it has no words for", async (t) => {
  const { out, err } = await printed("csv");
  t.equal(out, COLUMNS + ROWS.join(""));
  t.equal(err, "error normalizing CWD\n");
  const time = { keys: true, labels: false, object: false, time: true };
  t.match(
    (await printed("csv", time)).out,
    "\n,SYSCALL,11/14/23,22:13:20,2023,11,14,2,22,7,+00:00,",
  );
});

t.test("text is a line for each event", async (t) => {
  const { out } = await printed("text");
  t.equal(out.split("\n").length, 4);
  t.match(out, /^At 22:13:20 11\/14\/23 root successfully killed-pid \n/);
});

t.test("raw lines are as they were; the others have a separator", async (t) => {
  t.equal((await printed("raw")).out, LOG);
  t.match((await printed("default")).out, /^----\ntime->Tue Nov 14 22:13:20 2023\ntype=SYSCALL /);
  t.match(
    (await printed("interpret")).out,
    /^----\ntype=SYSCALL msg=audit\(11\/14\/23 22:13:20\.007/,
  );
});
