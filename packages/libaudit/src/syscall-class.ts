// Classes of system calls: what `perm` tests and what the class bits of a rule's mask stand for.
import { Arch, syscallNumber } from "./syscall.ts";

/** Numbers of the classes, AUDIT_CLASS_*; one more is the same class for 32-bit calls. */
export const SyscallClass = { DIR_WRITE: 0, CHATTR: 2, READ: 4, WRITE: 6, SIGNAL: 8 } as const;

/** Number of a class for 64-bit calls. */
export type SyscallClass = (typeof SyscallClass)[keyof typeof SyscallClass];

/** Calls that the tables of audit 3.0.9 do not name; their numbers are the same everywhere. */
const RECENT: ReadonlyMap<string, number> = new Map([
  ["fchmodat2", 452],
  ["setxattrat", 463],
  ["getxattrat", 464],
  ["listxattrat", 465],
  ["removexattrat", 466],
]);

const DIR_WRITE = `rename mkdir rmdir creat link unlink symlink mknod mkdirat mknodat unlinkat
renameat linkat symlinkat renameat2`;

const CALLS: ReadonlyMap<SyscallClass, string> = new Map([
  [SyscallClass.DIR_WRITE, DIR_WRITE],
  [
    SyscallClass.CHATTR,
    `chmod fchmod chown lchown fchown chown32 lchown32 fchown32 fchownat fchmodat fchmodat2
setxattr setxattrat lsetxattr fsetxattr removexattr removexattrat lremovexattr fremovexattr
link linkat`,
  ],
  [
    SyscallClass.READ,
    `readlink quotactl listxattr listxattrat llistxattr flistxattr getxattr getxattrat lgetxattr
fgetxattr readlinkat`,
  ],
  [
    SyscallClass.WRITE,
    `${DIR_WRITE} acct swapon quotactl truncate ftruncate truncate64 ftruncate64 bind fallocate`,
  ],
  [SyscallClass.SIGNAL, "kill tgkill tkill"],
]);

/**
 * Calls of a class in the table of `arch`, by ascending number; empty for an unknown arch. Members
 * are those of Linux 6.18. Source: asm-generic/audit_*.h (AUD-2.5).
 */
export function classSyscalls(arch: number, syscallClass: SyscallClass): number[] {
  const words = (CALLS.get(syscallClass) ?? "").split(/\s+/);
  const numbers = words.map((name) => syscallNumber(arch, name) ?? recent(arch, name));
  return numbers.filter((number) => number !== undefined).sort((a, b) => a - b);
}

function recent(arch: number, name: string): number | undefined {
  return syscallNumber(arch, "read") === undefined ? undefined : RECENT.get(name);
}

/** Architectures of the two halves of the class numbers, by the 64-bit one. */
const NARROW: ReadonlyMap<number, number> = new Map([
  [Arch.X86_64, Arch.I386],
  [Arch.AARCH64, Arch.ARM],
  [Arch.PPC64, Arch.PPC],
  [Arch.S390X, Arch.S390],
]);

const CLASS_BITS = 16;

/**
 * The mask that the kernel of a machine keeps: the bits 2047 - class (0..15) are taken as those
 * classes and cleared (AUD-29). Answers a new mask. Source: audit_to_entry_common.
 */
export function resolveClassBits(mask: Uint32Array, machine: number): Uint32Array {
  const resolved = mask.slice();
  const last = resolved.length - 1;
  const bits = (mask[last] ?? 0) >>> CLASS_BITS;
  resolved[last] = (mask[last] ?? 0) & 0xffff;
  for (const syscallClass of Object.values(SyscallClass)) {
    for (const half of [0, 1]) {
      if (((bits >>> (CLASS_BITS - 1 - syscallClass - half)) & 1) === 0) continue;
      const arch = half === 0 ? machine : (NARROW.get(machine) ?? -1);
      for (const call of classSyscalls(arch, syscallClass)) {
        resolved[call >>> 5] = (resolved[call >>> 5] ?? 0) | (1 << (call & 31));
      }
    }
  }
  return resolved;
}
