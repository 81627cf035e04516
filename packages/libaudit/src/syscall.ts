// Machine architectures (AUDIT_ARCH_*) and their system call tables, as audit 3.0.9 knows them.
import { asciiLowerCase } from "./letter-case.ts";
import {
  ARCH_ROWS,
  ARCHES,
  type ArchRow,
  type SyscallTableName,
} from "./tables/arches.generated.ts";
import { SYSCALLS } from "./tables/syscalls.generated.ts";

/**
 * Architecture numbers (u32) as the `arch` field of a rule and of a SYSCALL record has them: the
 * ELF machine, 0x80000000 for 64 bits, 0x40000000 for little-endian. Source: linux/audit.h.
 */
export const Arch: typeof ARCHES = ARCHES;

/** Number of an architecture in the table. */
export type Arch = (typeof ARCHES)[keyof typeof ARCHES];

interface SyscallTable {
  readonly names: ReadonlyMap<number, string>;
  readonly numbers: ReadonlyMap<string, number>;
}

const archRows = new Map<number, ArchRow>();
const archNumbers = new Map<string, Arch>();
for (const row of ARCH_ROWS) {
  const [number, , ...names] = row;
  archRows.set(number, row);
  for (const name of names) archNumbers.set(name, number as Arch);
}

const loaded = new Map<SyscallTableName, SyscallTable>();

/** Unpacks a table of tables/syscalls.generated.ts: names in order, digits set the next number. */
function unpack(packed: string): SyscallTable {
  const names = new Map<number, string>();
  const numbers = new Map<string, number>();
  let number = 0;
  for (const word of packed.trim().split(/\s+/)) {
    if (/^[0-9]/.test(word)) {
      number = Number(word);
      continue;
    }
    names.set(number, word);
    numbers.set(word, number);
    number += 1;
  }
  return { names, numbers };
}

/** The table of an architecture, unpacked when it is first asked for. */
function syscallTable(arch: number): SyscallTable | undefined {
  const key = archRows.get(arch)?.[1];
  if (key === undefined) return undefined;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const table = unpack(SYSCALLS[key]);
  loaded.set(key, table);
  return table;
}

/**
 * Name of an architecture as `auditctl -i` prints it, `x86_64` for 0xc000003e; undefined if audit
 * 3.0.9 does not support it. 0x40000028, 32-bit ARM, is printed as `armeb`.
 */
export function archName(arch: number): string | undefined {
  return archRows.get(arch)?.[2];
}

/**
 * Number of a machine name in any letter case (`x86_64`, `i686`, `armv7l`); undefined if unknown.
 * `b32` and `b64` depend on the machine of the caller and are not names. Source: libaudit
 * audit_name_to_machine.
 */
export function archNumber(text: string): Arch | undefined {
  return archNumbers.get(asciiLowerCase(text));
}

/**
 * Name of system call `number` in the table of `arch`; undefined if either is unknown. x32 calls
 * (0x40000000 added on x86_64) have no name.
 */
export function syscallName(arch: number, number: number): string | undefined {
  return syscallTable(arch)?.names.get(number);
}

/**
 * Number of system call `name`, in any letter case, in the table of `arch`; undefined if either is
 * unknown. Source: libaudit audit_name_to_syscall.
 */
export function syscallNumber(arch: number, name: string): number | undefined {
  return syscallTable(arch)?.numbers.get(asciiLowerCase(name));
}
