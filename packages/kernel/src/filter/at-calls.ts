import { Arch, syscallNumber } from "@cauditd/libaudit";

/** The arguments of a call in which directories stand that relative names start from. */
export const AtKind = {
  /** Names start from the working directory. */
  none: 0,
  /** From the descriptor in argument 0. */
  first: 1,
  /** The old name from argument 0, the new one from argument 2. */
  firstAndThird: 2,
  /** From the descriptor in argument 1. */
  second: 3,
} as const;
export type AtKind = (typeof AtKind)[keyof typeof AtKind];

/** How a system call uses names. */
export interface NamedCall {
  /** It is open(2) or one of its kin. */
  readonly open: boolean;
  readonly at: AtKind;
}

/** A call that is in no table. */
export const OTHER_CALL: NamedCall = { open: false, at: AtKind.none };

/** The descriptor that stands for the working directory, as 32 bits. */
export const AT_FDCWD = 0xffff_ff9c;

/** Calls that make a file where a symbolic link in the last part of the name points to. */
const OPENS = "open creat openat openat2";
const openTables: Map<number, ReadonlySet<number>> = new Map();

/** True for open(2) and its kin. */
export function isOpen(arch: number, number: number): boolean {
  let table = openTables.get(arch);
  if (table === undefined) {
    table = new Set(Object.values(Arch).some((value) => value === arch) ? numbers(arch) : []);
    if (openTables.size < 64) openTables.set(arch, table);
  }
  return table.has(number);
}

function numbers(arch: number): number[] {
  return OPENS.split(" ").flatMap((name) => syscallNumber(arch, name) ?? []);
}

const FIRST =
  "openat openat2 mkdirat mknodat fchownat futimesat newfstatat fstatat64 unlinkat readlinkat " +
  "fchmodat faccessat faccessat2 utimensat utimensat_time64 execveat statx name_to_handle_at";
const tables: Map<number, Uint8Array> = new Map();

/** How call `number` of an architecture takes directories. */
export function atKind(arch: number, number: number): AtKind {
  let table = tables.get(arch);
  if (table === undefined) {
    table = build(arch);
    if (tables.size < 64) tables.set(arch, table);
  }
  return (table[number] ?? AtKind.none) as AtKind;
}

function build(arch: number): Uint8Array {
  const table = new Uint8Array(2048);
  if (!Object.values(Arch).some((value) => value === arch)) return table;
  const set = (name: string, kind: AtKind): void => {
    const number = syscallNumber(arch, name);
    if (number !== undefined && number < table.length) table[number] = kind;
  };
  for (const name of FIRST.split(" ")) set(name, AtKind.first);
  for (const name of ["renameat", "renameat2", "linkat"]) set(name, AtKind.firstAndThird);
  set("symlinkat", AtKind.second);
  // Newer than the tables, the same number everywhere: fchmodat2, *xattrat.
  for (const number of [452, 463, 464, 465, 466]) table[number] = AtKind.first;
  return table;
}
