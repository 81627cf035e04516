import t from "tap";
import { daemons, systemd } from "../src/catalog.ts";
import { Draft } from "../src/draft.ts";
import { Population } from "../src/population.ts";
import { Random } from "../src/random.ts";
import { roleActivities } from "../src/roles.ts";
import type { Scene } from "../src/scene.ts";
import type { Task } from "../src/task.ts";

const stage = new Population([], {});
const first = stage.init(stage.host);

/** A host task that runs the daemon (or systemd). */
function taskOf(role: string): Task {
  const program = [...daemons, systemd].find((entry) => entry.role === role) ?? systemd;
  const task = stage.fork(first, 1000);
  if (task === undefined) throw new Error("expected room for a task");
  task.execute(program);
  return task;
}

function act(role: keyof typeof roleActivities, task: Task, count: number): string[][] {
  const random = new Random(count);
  let session = 0;
  return Array.from({ length: count }, () => {
    const event = new Draft(undefined, task.pid, 1795459234000, 1);
    const scene: Scene = {
      random,
      event,
      fork: () => undefined,
      exit: () => {},
      nextSession: () => ++session,
    };
    random.pick(roleActivities[role])(scene, task);
    return event.records.map((line) => line.replace(/ msg=audit\([^)]*\):/, ""));
  });
}

const head = /^type=[A-Z_]+ pid=\d+ uid=\d+ auid=\d+ ses=\d+ msg='[^']*res=(?:success|failed)'$/;

t.test("AUD 4.4: user records are single, with pid, uid, auid, ses and msg", async (t) => {
  const types = new Set<string>();
  for (const role of ["sudo", "systemd"] as const) {
    for (const records of act(role, taskOf(role), 200)) {
      t.equal(records.length, 1);
      t.match(records[0], head);
      types.add(/^type=(\w+)/.exec(records[0] ?? "")?.[1] ?? "");
    }
  }
  const expected = ["CRED_ACQ", "CRED_DISP", "SERVICE_START", "SERVICE_STOP", "USER_ACCT"];
  t.same([...types].sort(), [...expected, "USER_AUTH", "USER_CMD", "USER_END", "USER_START"]);
});

t.test("a child of sshd logs in once and carries auid and ses from then on", async (t) => {
  const task = taskOf("sshd");
  const records = act("sshd", task, 100).flat();
  const logins = records.filter((line) => /^type=USER_LOGIN .*res=success'$/.test(line));
  t.equal(logins.length, 1);
  t.match(
    logins[0],
    / uid=0 auid=100[012] ses=1 msg='op=login id=100[012] exe="\/usr\/sbin\/sshd" /,
  );
  t.match(task.fields, / auid=100[012] uid=100[012] .* tty=pts0 ses=1 /);
});

t.test("records made during a call come before its SYSCALL", async (t) => {
  const made = {
    auditctl: "CONFIG_CHANGE",
    dockerd: "ANOM_PROMISCUOUS",
    iptables: "NETFILTER_CFG",
  };
  for (const [role, type] of Object.entries(made)) {
    const name = role as keyof typeof made;
    for (const records of act(name, taskOf(name), 20)) {
      const types = records.map((line) => /^type=(\w+)/.exec(line)?.[1]);
      t.same(types, [type, "SYSCALL", "SOCKADDR"]);
    }
  }
});

t.test("AUD 2.11: CONFIG_CHANGE of a rule and of a setting have the kernel's text", async (t) => {
  const bodies = new Set(act("auditctl", taskOf("auditctl"), 30).map(([line = ""]) => line));
  const who = "auid=4294967295 ses=4294967295";
  t.same([...bodies].sort(), [
    `type=CONFIG_CHANGE ${who} op=add_rule key="tenant" list=4 res=1`,
    `type=CONFIG_CHANGE op=set audit_backlog_limit=8192 old=64 ${who} res=1`,
  ]);
});
