import { Arch, syscallNumber } from "@cauditd/libaudit";

/** exit_group and exit by architecture. */
const EXIT_GROUP: Map<number, number> = new Map();
const EXIT: Map<number, number> = new Map();
for (const arch of Object.values(Arch)) {
  const group = syscallNumber(arch, "exit_group");
  const single = syscallNumber(arch, "exit");
  if (group !== undefined) EXIT_GROUP.set(arch, group);
  if (single !== undefined) EXIT.set(arch, single);
}

/** True for exit_group, which ends the process. False for an architecture that is not known. */
export function isExitGroup(arch: number, syscall: number): boolean {
  return syscall >= 0 && EXIT_GROUP.get(arch) === syscall;
}

/** True for exit, which ends one thread: the process only if it has no other. */
export function isExit(arch: number, syscall: number): boolean {
  return syscall >= 0 && EXIT.get(arch) === syscall;
}
