import type { CNumber } from "./c-number.ts";
import type { ArgumentKind } from "./value-text.ts";

/** How an argument's kind is found: by itself, or from the arguments in front of it. */
type Choice = ArgumentKind | "afterfcntl" | "afterlevel" | "afterprctl" | "aftercreate";

/** The kinds of a system call's four recorded arguments; undefined is a plain number. */
export type ArgumentChoices = readonly (Choice | undefined)[];

const O_CREAT = 0o100;
const F_SETFD = 2;
const F_SETOWN = 8;
const PR_SET_PDEATHSIG = 1;
const PR_CAPBSET_READ = 23;
const PR_CAPBSET_DROP = 24;

/** By the first argument: names of calls, `*` at the end for every name that begins so. */
const A0: readonly (readonly [Choice, string])[] = [
  ["signal", "rt_sigaction"],
  [
    "dirfd",
    "renameat* readlinkat mkdirat mknodat fchownat futimesat fchmodat faccessat* futimensat " +
      "unlinkat utimensat linkat newfstatat openat* name_to_handle_at",
  ],
  ["clock", "clock_settime"],
  ["personality", "personality"],
  ["ptrace", "ptrace"],
  ["prctl", "prctl"],
  ["clone", "unshare"],
  ["rlimit", "getrlimit setrlimit"],
  ["uid", "setuid setreuid setresuid setfsuid"],
  ["gid", "setgid setregid setresgid setfsgid"],
  ["family", "socket"],
  ["socketcall", "socketcall"],
  ["exit", "exit*"],
  ["bpf", "bpf"],
];

const A1: readonly (readonly [Choice, string])[] = [
  ["modeshort", "fchmod chmod creat mkdir"],
  ["fcntl", "fcntl*"],
  ["uid", "chown* setreuid setresuid"],
  ["socklevel", "getsockopt setsockopt"],
  ["gid", "setregid setresgid"],
  ["socktype", "socket"],
  ["clone", "setns"],
  ["sched", "sched_setscheduler"],
  ["mode", "mknod"],
  ["open", "mq_open open"],
  ["access", "access"],
  ["epollctl", "epoll_ctl"],
  ["signal", "kill tkill"],
  ["afterprctl", "prctl"],
  ["umount", "umount2"],
  ["ioctl", "ioctl"],
];

const A2: readonly (readonly [Choice, string])[] = [
  ["afterfcntl", "fcntl*"],
  ["afterlevel", "getsockopt setsockopt"],
  ["open", "openat open_by_handle_at"],
  ["aftercreate", "open mq_open"],
  ["modeshort", "fchmodat mkdirat mknodat"],
  ["access", "faccessat*"],
  ["uid", "setresuid"],
  ["gid", "setresgid"],
  ["protocol16", "socket"],
  ["recv", "sendmsg recvmsg"],
  ["shm", "shmget"],
  ["protmap", "mmap"],
  ["prot", "mprotect"],
  ["dirfd", "readlinkat renameat* linkat"],
  ["seek", "lseek"],
  ["clone", "clone clone2"],
  ["signal", "tgkill"],
];

const A3: readonly (readonly [Choice, string])[] = [
  ["mmap", "mmap"],
  ["mount", "mount"],
  ["recv", "recv recvfrom recvmmsg send sendto sendmmsg"],
];

function lookup(
  rows: readonly (readonly [Choice, string])[],
): (call: string) => Choice | undefined {
  const exact = new Map<string, Choice>();
  const begins: (readonly [string, Choice])[] = [];
  for (const [choice, calls] of rows) {
    for (const call of calls.split(" ")) {
      if (call.endsWith("*")) begins.push([call.slice(0, -1), choice]);
      else exact.set(call, choice);
    }
  }
  return (call) => exact.get(call) ?? begins.find(([start]) => call.startsWith(start))?.[1];
}

const finders = [A0, A1, A2, A3].map(lookup);

/** The kinds of the arguments of a system call. Source: libauparse 3.0.9, print_a0 to print_a3. */
export function argumentChoices(call: string): ArgumentChoices {
  return finders.map((find) => find(call));
}

/** The name of an option depends on the level in front of it. */
const LEVELS: ReadonlyMap<number, ArgumentKind> = new Map([
  [0, "ipopt"],
  [1, "sockopt"],
  [6, "tcpopt"],
  [17, "udpopt"],
  [41, "ip6opt"],
  [263, "packetopt"],
]);

/**
 * The kind of an argument, given those in front of it; undefined is a plain number.
 */
export function chosenKind(choice: Choice, a0: CNumber, a1: CNumber): ArgumentKind | undefined {
  switch (choice) {
    case "afterprctl":
      if (a0.is(PR_CAPBSET_READ) || a0.is(PR_CAPBSET_DROP)) return "capability16";
      return a0.is(PR_SET_PDEATHSIG) ? "signal" : undefined;
    case "afterlevel":
      return a1.high === 0 ? LEVELS.get(a1.low) : undefined;
    case "aftercreate":
      return (a1.low & O_CREAT) !== 0 ? "modeshort" : undefined;
    case "afterfcntl":
      if (a1.is(F_SETOWN)) return "uid";
      return a1.is(F_SETFD) ? "fdflag" : "number";
    default:
      return choice;
  }
}
