/**
 * What programs with a role do: user records (audit_log_user_recv_msg; their text is what PAM,
 * sudo and sshd write) and changes of the kernel's configuration.
 */

import { activities } from "./activities.ts";
import type { Role } from "./catalog.ts";
import { netlinkAddress } from "./records.ts";
import type { Activity, Scene } from "./scene.ts";
import { pointer, syscall } from "./scene.ts";
import type { Task } from "./task.ts";
import { unset } from "./task.ts";
import { hexText, untrusted } from "./untrusted.ts";

/** Adds a record as audit_log_user_recv_msg makes it; `text` is what the sender wrote. */
function userRecord(scene: Scene, task: Task, type: string, text: string): boolean {
  const { auid, uid, ses } = task.identity;
  scene.event.add(type, `pid=${task.pid} uid=${uid} auid=${auid} ses=${ses} msg='${text}'`);
  return false;
}

/** PAM, as sshd and sudo use it: type and op. */
const pamSteps: readonly (readonly [string, string])[] = [
  ["USER_AUTH", "authentication"],
  ["USER_ACCT", "accounting"],
  ["CRED_ACQ", "setcred"],
  ["USER_START", "session_open"],
  ["USER_END", "session_close"],
  ["CRED_DISP", "setcred"],
];

const pam: Activity = (scene, task) => {
  const [type, op] = scene.random.pick(pamSteps);
  const account = scene.random.chance(0.2) ? hexText("(invalid user)") : '"alice"';
  const result = scene.random.chance(0.2) ? "failed" : "success";
  const modules = result === "failed" ? "?" : "pam_unix,pam_permit";
  const what = `op=PAM:${op} grantors=${modules} acct=${account} exe=${task.program.exe}`;
  return userRecord(
    scene,
    task,
    type,
    `${what} hostname=192.0.2.7 addr=192.0.2.7 terminal=ssh res=${result}`,
  );
};

/** A login by ssh; from here on the task and its children carry auid and ses. */
const userLogin: Activity = (scene, task) => {
  if (task.identity.auid !== unset) return pam(scene, task);
  const from = `192.0.2.${1 + scene.random.below(250)}`;
  const exe = task.program.exe;
  if (task.lasting || scene.random.chance(0.25)) {
    const who = `op=login acct=${hexText("(unknown)")} exe=${exe}`;
    const where = `hostname=? addr=${from} terminal=ssh`;
    return userRecord(scene, task, "USER_LOGIN", `${who} ${where} res=failed`);
  }
  const auid = 1000 + scene.random.below(3);
  const session = { auid, uid: 0, ses: scene.nextSession(), tty: "pts0" };
  task.login(session);
  const where = `hostname=${from} addr=${from} terminal=/dev/pts/0`;
  userRecord(scene, task, "USER_LOGIN", `op=login id=${auid} exe=${exe} ${where} res=success`);
  task.login({ ...session, uid: auid });
  return false;
};

const userCommand: Activity = (scene, task) => {
  const command = hexText(scene.random.pick(["ls -l /root", "id", "cat /etc/shadow"]));
  const where = `cwd="/home/alice" cmd=${command} exe=${task.program.exe} terminal=pts/0`;
  return userRecord(scene, task, "USER_CMD", `${where} res=success`);
};

const service: Activity = (scene, task) => {
  const type = scene.random.chance(0.5) ? "SERVICE_START" : "SERVICE_STOP";
  const unit = scene.random.pick(["cron", "apt-daily", "logrotate", "fstrim"]);
  const who = `unit=${unit} comm="systemd" exe=${task.program.exe}`;
  return userRecord(scene, task, type, `${who} hostname=? addr=? terminal=? res=success`);
};

/** auditctl's netlink request: CONFIG_CHANGE is made during the call, hence before SYSCALL. */
const configChange: Activity = (scene, task) => {
  const { auid, ses } = task.identity;
  const rule = `auid=${auid} ses=${ses} op=add_rule key="tenant" list=4 res=1`;
  const limit = `op=set audit_backlog_limit=8192 old=64 auid=${auid} ses=${ses} res=1`;
  scene.event.add("CONFIG_CHANGE", scene.random.chance(0.5) ? rule : limit);
  const registers = `a0=4 a1=${pointer(scene.random)} a2=428 a3=0`;
  syscall(scene, task, `44 success=yes exit=1064 ${registers}`);
  scene.event.add("SOCKADDR", netlinkAddress);
  return true;
};

const netfilter: Activity = (scene, task) => {
  const name = untrusted(task.comm);
  scene.event.add(
    "NETFILTER_CFG",
    `table=filter:1 family=2 entries=4 op=nft_register_rule pid=${task.pid} comm=${name}`,
  );
  const registers = `a0=3 a1=${pointer(scene.random)} a2=0 a3=${pointer(scene.random)}`;
  syscall(scene, task, `46 success=yes exit=348 ${registers}`);
  scene.event.add("SOCKADDR", netlinkAddress);
  return true;
};

/** dockerd puts an interface into a bridge: ANOM_PROMISCUOUS within its netlink request. */
const bridge: Activity = (scene, task) => {
  const { auid, uid, ses } = task.identity;
  const device = `veth${(scene.random.next() >>> 4).toString(16).padStart(7, "0")}`;
  const who = `auid=${auid} uid=${uid} gid=${uid} ses=${ses}`;
  scene.event.add("ANOM_PROMISCUOUS", `dev=${device} prom=256 old_prom=0 ${who}`);
  syscall(scene, task, `44 success=yes exit=40 a0=10 a1=${pointer(scene.random)} a2=28 a3=0`);
  scene.event.add("SOCKADDR", netlinkAddress);
  return true;
};

/** Activities of each role. */
export const roleActivities: { readonly [role in Role]: readonly Activity[] } = {
  sshd: [pam, userLogin, userLogin, activities.fork],
  sudo: [pam, userCommand],
  auditctl: [configChange],
  dockerd: [bridge],
  systemd: [service],
  iptables: [netfilter],
};
