import { readFileSync, statSync } from "node:fs";
import type { NameResolver, RuleContext } from "@cauditd/libaudit";
import { Arch } from "@cauditd/libaudit/vocabulary";

/** AUDIT_ARCH values by Node's names. */
const ARCHES: Readonly<Record<string, number>> = {
  x64: Arch.X86_64,
  ia32: Arch.I386,
  arm64: Arch.AARCH64,
  s390x: Arch.S390X,
};

/** Architecture of this machine, AUDIT_ARCH_*; x86_64 where it is not known. */
export function machineArch(): number {
  return ARCHES[process.arch] ?? Arch.X86_64;
}

/** Reads `name:x:number:` lines; a file that cannot be read has no names. */
function numbersOf(path: string): Map<string, number> {
  const numbers = new Map<string, number>();
  let text = "";
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return numbers;
  }
  for (const line of text.split("\n")) {
    const [name, , number] = line.split(":");
    if (name === undefined || number === undefined || !/^\d+$/.test(number)) continue;
    if (!numbers.has(name)) numbers.set(name, Number(number));
  }
  return numbers;
}

/** User and group names of this machine, from its passwd and group files. */
export function machineNames(): NameResolver {
  const users = numbersOf("/etc/passwd");
  const groups = numbersOf("/etc/group");
  return { uid: (name) => users.get(name), gid: (name) => groups.get(name) };
}

/** What stands at a path (latin1) of this machine, links followed. */
export function statHere(path: string): "directory" | "other" | undefined {
  const status = statSync(Buffer.from(path, "latin1"), { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  return status.isDirectory() ? "directory" : "other";
}

/** The machine that a rules file is checked for: this one. */
export function thisMachine(): RuleContext {
  return { arch: machineArch(), resolver: machineNames(), stat: safely(statHere) };
}

/**
 * The machine that a log came from, as far as this one can tell: a watched path that is not here
 * is taken for a directory, which stands for the path itself too.
 */
export function otherMachine(): RuleContext {
  const stat = safely(statHere);
  return { ...thisMachine(), stat: (path) => stat(path) ?? "directory" };
}

/** A path that cannot be looked at, such as one with a NUL byte or below a file, is not there. */
function safely(stat: RuleContext["stat"]): RuleContext["stat"] {
  return (path) => {
    try {
      return stat(path);
    } catch {
      return undefined;
    }
  };
}

/** The same; undefined for every error. */
export function statOf(path: string): "directory" | "other" | undefined {
  try {
    return statHere(path);
  } catch {
    return undefined;
  }
}
