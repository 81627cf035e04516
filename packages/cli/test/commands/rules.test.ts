import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { AuditParser } from "@cauditd/auparse";
import t from "tap";
import { checkRules, Explainer, explainRules } from "../../src/commands/rules.ts";
import { loadRules } from "../../src/config/rules-file.ts";
import { thisMachine } from "../../src/node/machine.ts";
import { fakeIo } from "../fake-io.ts";

const ORACLE = new URL("../../../../test/corpus/oracle/", import.meta.url);
const CALL =
  "arch=c000003e syscall=257 success=yes exit=3 a0=0 a1=0 a2=0 a3=0 items=0 ppid=1 pid=2 " +
  'auid=5 uid=0 gid=0 comm="a" exe="/a" key=(null)';

t.test("check prints a sound file as auditctl -l would", async (t) => {
  const dir = t.testdir({ "a.rules": "-w /etc/x -p wa -k k\n-a never,task\n" });
  const io = fakeIo();
  t.equal(await checkRules(`${dir}/a.rules`, {}, io), 0);
  t.equal(io.stdout(), "-a never,task\n-w /etc/x -p wa -k k\n");
  t.equal(io.stderr(), "");
});

t.test("check prints the listing of the oracle's rules as the real auditctl did", async (t) => {
  const io = fakeIo();
  t.equal(await checkRules(new URL("audit.rules", ORACLE).pathname, {}, io), 0);
  t.equal(io.stdout(), readFileSync(new URL("auditctl-l.txt", ORACLE), "latin1"));
});

t.test("check tells what auditctl would complain about, and nothing else", async (t) => {
  const dir = t.testdir({ "a.rules": "-w /etc/x -p wa\n\n-w /etc/y -p z\n", "none.rules": "-D\n" });
  const io = fakeIo();
  t.equal(await checkRules(`${dir}/a.rules`, {}, io), 1);
  t.equal(io.stdout(), "");
  t.match(
    io.stderr(),
    /^Permission z isn't supported\nThere was an error in line 3 of .*a\.rules\n$/,
  );
  const json = fakeIo();
  t.equal(await checkRules(`${dir}/a.rules`, { json: true }, json), 1);
  t.match(JSON.parse(json.stdout()), { rules: ["-w /etc/x -p wa"], failed: true });
  const none = fakeIo();
  t.equal(await checkRules(`${dir}/none.rules`, {}, none), 0);
  t.equal(none.stdout(), "No rules\n");
});

t.test("explain names action, key and number of the rule for each event", async (t) => {
  const dir = t.testdir({
    "a.rules": "-a never,exit -S openat -F auid=6\n-a always,exit -S openat -k one -k two\n",
    "audit.log":
      `type=SYSCALL msg=audit(1.002:1): ${CALL}\n` +
      'type=PROCTITLE msg=audit(1.002:1): proctitle="a"\n' +
      `type=SYSCALL msg=audit(1.002:2): ${CALL.replace("auid=5", "auid=6")}\n` +
      'type=PROCTITLE msg=audit(1.002:2): proctitle="a"\n' +
      `type=SYSCALL msg=audit(1.002:3): ${CALL.replace("257", "0")}\n` +
      'type=PROCTITLE msg=audit(1.002:3): proctitle="a"\n' +
      "type=USER_CMD msg=audit(1.003:4): pid=1 uid=0 auid=1 ses=1 msg='cmd=6964'\n",
  });
  const io = fakeIo();
  t.equal(await explainRules(`${dir}/audit.log`, { rules: `${dir}/a.rules` }, io), 0);
  t.equal(
    io.stdout(),
    "1.002:1\talways\tone,two\t2\n1.002:2\tnever\t(null)\t1\n" +
      "1.002:3\tnever\t(null)\t0\n1.003:4\talways\t(null)\t0\n",
  );
  const json = fakeIo();
  await explainRules(`${dir}/audit.log`, { rules: `${dir}/a.rules`, json: true }, json);
  const [first] = json.stdout().split("\n");
  t.same(JSON.parse(first ?? ""), { event: "1.002:1", action: "always", key: "one,two", rule: 2 });
});

t.test("explain names the kernel's key for every event of the oracle", (t) => {
  const bytes = readFileSync(new URL("audit.rules", ORACLE));
  const context = { ...thisMachine(), stat: () => "directory" as const };
  const explainer = new Explainer(loadRules(bytes, context, { name: "oracle" }).rules);
  const wrong: string[] = [];
  let calls = 0;
  const parser = new AuditParser(
    (event) => {
      const said = explainer.explain(event);
      const call = event.indexOf(1300);
      if (call < 0) return;
      calls++;
      const key = / key="([^"]*)"/.exec(event.line(call).toString("latin1"))?.[1] ?? null;
      if (said.key !== key || said.action !== "always") wrong.push(`${said.event} ${said.key}`);
    },
    { onRecord: (head, buf, start, end) => explainer.record(head, buf, start, end) },
  );
  parser.push(gunzipSync(readFileSync(new URL("audit.log.gz", ORACLE))));
  parser.end();
  t.equal(calls, 10789);
  t.same(wrong, []);
  t.end();
});
