import { Arch, classSyscalls, Perm, SyscallClass, syscallNumber } from "@cauditd/libaudit";

/*
 * Which access a system call makes, as the rule field `perm` sees it: by the call and its open
 * flags only, never by what happened to a file (spec/auditd.md 2.5, kernel audit_match_perm).
 */

/** How the access of a call is found. */
export const PermKind = {
  /** By its class alone. */
  class: 0,
  /** By the open flags in argument 1 or 2, or in an OPENAT2 record. */
  open: 1,
  openat: 2,
  openat2: 3,
  execve: 4,
  /** A write when argument 0 says bind. */
  socketcall: 5,
} as const;
export type PermKind = (typeof PermKind)[keyof typeof PermKind];

/** The calls of one architecture: class bits and kind by number. */
export interface PermTable {
  /** Bits of Perm, for PermKind.class. */
  readonly classes: Uint8Array;
  readonly kinds: Uint8Array;
}

const CALLS = 2048;
/** SYS_BIND, the first argument of socketcall. */
export const SOCKETCALL_BIND = 2;
const tables: Map<number, PermTable> = new Map();

/** The table of an architecture (AUDIT_ARCH value); unknown ones have no calls in any class. */
export function permTable(arch: number): PermTable {
  let table = tables.get(arch);
  if (table === undefined) {
    table = build(arch);
    if (tables.size < 64) tables.set(arch, table);
  }
  return table;
}

function build(arch: number): PermTable {
  const classes = new Uint8Array(CALLS);
  const kinds = new Uint8Array(CALLS);
  const known = Object.values(Arch).some((value) => value === arch);
  if (!known) return { classes, kinds };
  const add = (syscallClass: SyscallClass, bit: number): void => {
    for (const number of classSyscalls(arch, syscallClass)) {
      if (number < CALLS) classes[number] = (classes[number] ?? 0) | bit;
    }
  };
  add(SyscallClass.WRITE, Perm.WRITE);
  add(SyscallClass.READ, Perm.READ);
  add(SyscallClass.CHATTR, Perm.ATTR);
  const special: readonly (readonly [string, PermKind])[] = [
    ["open", PermKind.open],
    ["openat", PermKind.openat],
    ["openat2", PermKind.openat2],
    ["execve", PermKind.execve],
    ["execveat", PermKind.execve],
    ["socketcall", PermKind.socketcall],
  ];
  for (const [name, kind] of special) {
    const number = syscallNumber(arch, name);
    if (number !== undefined && number < CALLS) kinds[number] = kind;
  }
  return { classes, kinds };
}

/** The access that open flags ask for: read, write, or both (kernel: ACC_MODE). */
export function accessOfFlags(flags: number): number {
  const mode = flags & 3;
  if (mode === 0) return Perm.READ;
  return mode === 1 ? Perm.WRITE : Perm.READ | Perm.WRITE;
}
