// What system calls do, in few words. Source: libauparse 3.0.9, normalize_syscall_map.

/** What a group of system calls does. */
export type CallKind =
  | "accept"
  | "attributes"
  | "bind"
  | "bpf"
  | "connect"
  | "delete"
  | "execute"
  | "firewall"
  | "identity"
  | "kill"
  | "link"
  | "listener"
  | "load-module"
  | "mac-config"
  | "mac-enforce"
  | "mac-error"
  | "mac-load"
  | "make-device"
  | "make-folder"
  | "memory"
  | "mount"
  | "open"
  | "owner"
  | "permissions"
  | "promiscuous"
  | "receive"
  | "rename"
  | "scheduler"
  | "send"
  | "stat"
  | "stat-filesystem"
  | "system-name"
  | "time"
  | "timestamp"
  | "unload-module"
  | "unmount";

const CALLS: Readonly<Partial<Record<CallKind, string>>> = {
  stat: "access faccessat faccessat2 newfstatat stat fstat lstat stat64 statx",
  "stat-filesystem": "statfs fstatfs",
  permissions: "chmod fchmod fchmodat",
  owner: "chown fchown fchownat lchown",
  "load-module": "finit_module init_module",
  "unload-module": "delete_module",
  attributes: "setxattr fsetxattr lsetxattr removexattr fremovexattr lremovexattr",
  "make-folder": "mkdir mkdirat",
  mount: "mount move_mount fsmount fspick",
  open: "creat fallocate truncate ftruncate memfd_create open openat openat2 readlink readlinkat",
  rename: "rename renameat renameat2",
  delete: "rmdir unlink unlinkat",
  link: "symlink symlinkat",
  unmount: "umount umount2",
  timestamp: "utime utimes futimesat utimensat",
  execute: "execve execveat",
  accept: "accept accept4",
  bind: "bind",
  connect: "connect",
  receive: "recvfrom recvmsg",
  send: "sendmsg sendto",
  kill: "kill tkill tgkill",
  identity: "setuid seteuid setfsuid setreuid setresuid setgid setegid setfsgid setregid setresgid",
  time: "settimeofday clock_settime stime adjtimex",
  "make-device": "mknod mknodat",
  "system-name": "sethostname setdomainname",
  memory: "mmap brk",
  scheduler: "sched_setparam sched_setscheduler sched_setattr",
};

const KINDS: ReadonlyMap<string, CallKind> = new Map(
  (Object.entries(CALLS) as [CallKind, string][]).flatMap(([kind, calls]) =>
    calls.split(" ").map((call) => [call, kind] as const),
  ),
);

/** What a system call does; undefined when there is no word for it. */
export function callKind(name: string): CallKind | undefined {
  return KINDS.get(name);
}
