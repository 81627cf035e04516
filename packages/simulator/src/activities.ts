/**
 * What a task can do, each as one event: the records up to PROCTITLE, in the kernel's order
 * (AUD 4.4). PROCTITLE and EOE are added by the host.
 */

import type { FileEntry } from "./catalog.ts";
import { files, threadNames } from "./catalog.ts";
import type { Random } from "./random.ts";
import {
  cwdBody,
  inet6Address,
  inetAddress,
  noFileCaps,
  pathBody,
  unixAddress,
} from "./records.ts";
import type { Activity, Scene } from "./scene.ts";
import { keyless, pointer, syscall } from "./scene.ts";
import type { Task } from "./task.ts";
import { unset } from "./task.ts";
import { hexText, untrusted } from "./untrusted.ts";

const keyed = 'key="files"';
const twoKeys = `key=${hexText("files\u0001identity")}`;

function parentName(task: Task, file: FileEntry): string {
  return file.parent ?? untrusted(task.home.cwd);
}

function inode(task: Task, offset: number): string {
  return `inode=${task.home.inode + offset} dev=${task.home.device}`;
}

/** System calls without records of their own: number, exit, a0 to a3 (undefined = a pointer). */
const plainCalls: readonly (readonly [number, number, ...(string | undefined)[]])[] = [
  [0, 512, "3", undefined, "200", "0"],
  [1, 64, "1", undefined, "40", "22"],
  [3, 0, "3", undefined, "0", "0"],
  [5, 0, "3", undefined, undefined, "0"],
  [10, 0, undefined, "1000", "1", "0"],
  [13, 0, "2", undefined, "0", "8"],
  [16, -25, "1", "5413", undefined, "0"],
  [33, 1, "3", "1", "1", "0"],
  [39, 7, "0", "0", "0", "0"],
  [61, -10, "ffffffff", undefined, "1", "0"],
  [72, 0, "3", "2", "1", "0"],
  [102, 0, "0", "0", "0", "0"],
  [202, 0, undefined, "81", "1", "0"],
  [232, 1, "4", undefined, "200", "ffffffff"],
  [318, 8, undefined, "8", "1", "0"],
];

const plain: Activity = (scene, task) => {
  const { random } = scene;
  const [number, exit, ...registers] = random.pick(plainCalls);
  const [a0, a1, a2, a3] = registers.map((register) => register ?? pointer(random));
  const success = exit < 0 ? "no" : "yes";
  syscall(
    scene,
    task,
    `${number} success=${success} exit=${exit} a0=${a0} a1=${a1} a2=${a2} a3=${a3}`,
  );
  return true;
};

const open: Activity = (scene, task) => {
  const { random, event } = scene;
  const file = random.pick(files);
  const at = `a0=ffffff9c a1=${pointer(random)} a2=80000 a3=0`;
  if (random.chance(0.25)) {
    syscall(scene, task, `257 success=no exit=-2 ${at}`, 1);
    event.add("CWD", cwdBody(task.home.cwd));
    const missing = `name=${file.name} nametype=UNKNOWN ${noFileCaps}`;
    event.add("PATH", `item=0 ${missing}`);
    return true;
  }
  syscall(scene, task, `257 success=yes exit=3 ${at}`, 1, file.inode < 102 ? twoKeys : keyless);
  event.add("CWD", cwdBody(task.home.cwd));
  event.add("PATH", pathBody(0, file.name, inode(task, file.inode), file.mode, 0, "NORMAL"));
  return true;
};

const stat: Activity = (scene, task) => {
  const { random, event } = scene;
  const file = random.pick(files);
  const registers = `a0=ffffff9c a1=${pointer(random)} a2=${pointer(random)} a3=0`;
  syscall(scene, task, `262 success=yes exit=0 ${registers}`, 1);
  event.add("CWD", cwdBody(task.home.cwd));
  event.add("PATH", pathBody(0, file.name, inode(task, file.inode), file.mode, 0, "NORMAL"));
  return true;
};

/** Adds the PATHs of a name that comes or goes: its directory, itself. */
function entryPaths(scene: Scene, task: Task, item: number, file: FileEntry, what: string): void {
  const { uid } = task.identity;
  const directory = inode(task, 50);
  scene.event.add("PATH", pathBody(item, parentName(task, file), directory, "041777", 0, "PARENT"));
  const itself = inode(task, file.inode);
  scene.event.add("PATH", pathBody(item + 1, file.name, itself, file.mode, uid, what));
}

const create: Activity = (scene, task) => {
  const registers = `a0=ffffff9c a1=${pointer(scene.random)} a2=80241 a3=1b6`;
  syscall(scene, task, `257 success=yes exit=4 ${registers}`, 2, keyed);
  scene.event.add("CWD", cwdBody(task.home.cwd));
  entryPaths(scene, task, 0, scene.random.pick(files), "CREATE");
  return true;
};

const unlink: Activity = (scene, task) => {
  const registers = `a0=${pointer(scene.random)} a1=0 a2=0 a3=100`;
  syscall(scene, task, `87 success=yes exit=0 ${registers}`, 3, keyed);
  scene.event.add("CWD", cwdBody(task.home.cwd));
  entryPaths(scene, task, 0, scene.random.pick(files), "DELETE");
  // The layer below an overlay adds its own lookup, without a name.
  const below = `inode=${task.home.inode} dev=fe:00`;
  scene.event.add("PATH", pathBody(2, "(null)", below, "041777", 0, "PARENT"));
  return true;
};

const rename: Activity = (scene, task) => {
  const { random, event } = scene;
  const from = random.pick(files);
  const to = random.pick(files);
  const registers = `a0=${pointer(random)} a1=${pointer(random)} a2=0 a3=0`;
  syscall(scene, task, `82 success=yes exit=0 ${registers}`, 4, keyed);
  event.add("CWD", cwdBody(task.home.cwd));
  const { uid } = task.identity;
  const itself = inode(task, from.inode);
  event.add("PATH", pathBody(0, parentName(task, from), inode(task, 50), "041777", 0, "PARENT"));
  event.add("PATH", pathBody(1, parentName(task, to), inode(task, 50), "041777", 0, "PARENT"));
  event.add("PATH", pathBody(2, from.name, itself, from.mode, uid, "DELETE"));
  event.add("PATH", pathBody(3, to.name, itself, from.mode, uid, "CREATE"));
  return true;
};

function remoteAddress(random: Random): string {
  const kind = random.below(8);
  if (kind === 0) return inet6Address([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1 + random.below(9)], 443);
  if (kind === 1) return unixAddress("/run/app/ctl socket");
  return inetAddress(192, 0, 2, 1 + random.below(250), random.below(2) === 0 ? 443 : 5432);
}

const connect: Activity = (scene, task) => {
  const refused = scene.random.chance(0.2);
  const outcome = refused ? "no exit=-111" : "yes exit=0";
  const registers = `a0=5 a1=${pointer(scene.random)} a2=10 a3=0`;
  syscall(scene, task, `42 success=${outcome} ${registers}`, 0, 'key="net"');
  scene.event.add("SOCKADDR", remoteAddress(scene.random));
  return true;
};

const accept: Activity = (scene, task) => {
  const registers = `a0=6 a1=${pointer(scene.random)} a2=${pointer(scene.random)} a3=80800`;
  syscall(scene, task, `288 success=yes exit=9 ${registers}`);
  scene.event.add("SOCKADDR", inetAddress(10, 0, 0, 1 + scene.random.below(250), 40000));
  return true;
};

const pipe: Activity = (scene, task) => {
  syscall(scene, task, `293 success=yes exit=0 a0=${pointer(scene.random)} a1=80000 a2=0 a3=0`);
  scene.event.add("FD_PAIR", "fd0=7 fd1=8");
  return true;
};

/** Signal 0 to a task of the same container. */
const kill: Activity = (scene, task) => {
  const other = scene.random.pick(task.home.tasks);
  const { auid, uid, ses } = other.identity;
  syscall(scene, task, `62 success=yes exit=0 a0=${other.innerPid.toString(16)} a1=0 a2=0 a3=0`);
  const login = auid === unset ? -1 : auid;
  const session = ses === unset ? -1 : ses;
  const name = untrusted(other.comm);
  scene.event.add(
    "OBJ_PID",
    `opid=${other.pid} oauid=${login} ouid=${uid} oses=${session} ocomm=${name}`,
  );
  return true;
};

/** PR_SET_NAME; SYSCALL is made at the end of the call and so has the new name. */
const setName: Activity = (scene, task) => {
  task.rename(scene.random.pick(threadNames));
  syscall(scene, task, `157 success=yes exit=0 a0=f a1=${pointer(scene.random)} a2=0 a3=0`);
  return true;
};

/** A call that a seccomp filter lets through and logs (SECCOMP_RET_LOG). */
const seccomp: Activity = (scene, task) => {
  const { auid, uid, ses } = task.identity;
  const call = `arch=c000003e syscall=41 compat=0 ip=0x${pointer(scene.random)} code=0x7ffc0000`;
  const who = `pid=${task.pid} comm=${untrusted(task.comm)} exe=${task.program.exe}`;
  scene.event.add("SECCOMP", `auid=${auid} uid=${uid} gid=${uid} ses=${ses} ${who} sig=0 ${call}`);
  syscall(scene, task, "41 success=yes exit=3 a0=2 a1=1 a2=0 a3=0");
  return true;
};

const fork: Activity = (scene, task) => {
  const child = scene.fork(task);
  const registers = `a0=1200011 a1=0 a2=0 a3=${pointer(scene.random)}`;
  const outcome = child === undefined ? "no exit=-11" : `yes exit=${child.innerPid}`;
  syscall(scene, task, `56 success=${outcome} ${registers}`);
  return true;
};

const execve: Activity = (scene, task) => {
  const { random, event } = scene;
  task.execute(random.pick(task.home.programs));
  // sudo is setuid root; auditctl and iptables are started through it.
  if (task.program.role !== undefined) task.login({ ...task.identity, uid: 0 });
  const registers = `a0=${pointer(random)} a1=${pointer(random)} a2=${pointer(random)} a3=8`;
  syscall(scene, task, `59 success=yes exit=0 ${registers}`, 2, 'key="exec"');
  const { program } = task;
  for (const body of program.execve) event.add("EXECVE", body);
  event.add("CWD", cwdBody(task.home.cwd));
  const binary = inode(task, 10);
  event.add("PATH", pathBody(0, program.file, binary, "0100755", 0, "NORMAL", program.caps));
  const loader = '"/lib64/ld-linux-x86-64.so.2"';
  event.add("PATH", pathBody(1, loader, inode(task, 11), "0100755", 0, "NORMAL"));
  return true;
};

const exitGroup: Activity = (scene, task) => {
  const code = scene.random.chance(0.1) ? "1" : "0";
  syscall(scene, task, `231 a0=${code} a1=e7 a2=3c a3=${pointer(scene.random)}`);
  scene.exit(task);
  return true;
};

/** The usual calls of any task, as shares of 256. */
const shares: readonly (readonly [Activity, number])[] = [
  [plain, 122],
  [open, 40],
  [stat, 24],
  [fork, 14],
  [connect, 12],
  [create, 10],
  [unlink, 10],
  [rename, 6],
  [accept, 6],
  [pipe, 4],
  [kill, 4],
  [setName, 2],
  [seccomp, 2],
];

/** Activities by name, and the mixes from which the host draws. */
export const activities: {
  readonly plain: Activity;
  readonly fork: Activity;
  readonly execve: Activity;
  readonly exit: Activity;
  /** 256 entries: pick one for a task that runs its program. */
  readonly usual: readonly Activity[];
} = {
  plain,
  fork,
  execve,
  exit: exitGroup,
  usual: shares.flatMap(([activity, share]) => new Array<Activity>(share).fill(activity)),
};
