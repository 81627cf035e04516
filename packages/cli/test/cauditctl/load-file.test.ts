import { chmodSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { controlledNode } from "./controlled-node.ts";

t.test("AUD-5 to AUD-8: a rules file is loaded line by line", async (t) => {
  const dir = t.testdir({
    "good.rules": "# all\n-D\n-b 8192\n-w /etc/passwd -p wa -k id\n-a always,task\n",
    "bad.rules": "-a always,task\n-a always,nolist\n-a never,user\n",
    "ignore.rules": "-i\n-a always,nolist\n-a never,user\n",
    "continue.rules": "-c\n-a always,nolist\n-a never,exclude -F msgtype=CWD\n",
    "twice.rules": "-a always,task -F uid=1\n-a always,task -F uid=1\n",
    "lock.rules": "-e 2\n-a always,task -F uid=2\n",
    folder: {},
  });
  const { run } = await controlledNode(t, join(dir, "logs"));
  const load = (name: string) => run(["-R", join(dir, name)]);
  const good = await load("good.rules");
  t.match(good, { code: 0, stderr: "" });
  t.match(good.stdout, /^No rules\nenabled 1\n(?:.*\n){3}backlog_limit 8192\n/);
  t.equal(good.stdout.match(/enabled/g)?.length, 1, "the status is printed behind its line");
  t.equal((await run(["-l"])).stdout, "-a always,task\n-w /etc/passwd -p wa -k id\n");

  await run(["-D"]);
  const bad = join(dir, "bad.rules");
  t.same(await load("bad.rules"), {
    code: 1,
    stdout: "",
    stderr: `Append rule - bad keyword always,nolist\nThere was an error in line 2 of ${bad}\n`,
  });
  t.equal((await run(["-l"])).stdout, "-a always,task\n");
  t.match(await load("ignore.rules"), { code: 0, stderr: /line 2 of/ });
  t.match(await load("continue.rules"), { code: 1, stderr: /line 2 of/ });
  t.equal(
    (await run(["-l"])).stdout,
    "-a never,user\n-a always,task\n-a never,exclude -F msgtype=CWD\n",
  );
  t.match(await load("twice.rules"), { code: 1, stderr: /\(Rule exists\)\nThere was .* line 2 / });
  t.match(await load("lock.rules"), {
    code: 1,
    stderr: /request \(Operation not permitted\)\nThere was an error in line 2 /,
  });
});

t.test("a file that cannot be used is told in auditctl's words", async (t) => {
  const dir = t.testdir({ "open.rules": "", folder: {} });
  const { run } = await controlledNode(t, join(dir, "logs"));
  chmodSync(join(dir, "open.rules"), 0o646);
  for (const [name, words] of [
    ["none", "audit rules file PATH doesn't exist"],
    ["open.rules", "Error - PATH is world writable"],
    ["folder", "Error - PATH is not a regular file"],
  ] as const) {
    const path = join(dir, name);
    t.same(await run(["-R", path]), {
      code: 1,
      stdout: "",
      stderr: `${words.replace("PATH", path)}\n`,
    });
  }
});
