import { Arch, archName, syscallName } from "@cauditd/libaudit/vocabulary";
import { type ArgumentChoices, argumentChoices } from "./syscall-arguments.ts";

/**
 * What only the machine knows: accounts and network interfaces. Names are latin1, one character
 * for a byte; undefined: there is none such.
 */
export interface NameSource {
  /** Name of a user ID, 0 to 4294967294. */
  user(uid: number): string | undefined;
  /** Name of a group ID, 0 to 4294967294. */
  group(gid: number): string | undefined;
  /** Name of a network interface by its index; needed for link-local addresses only. */
  interfaceName?(index: number): string | undefined;
}

/** Knows no names: everything but root is `unknown(n)`. */
export const NO_NAMES: NameSource = { user: () => undefined, group: () => undefined };

const UNSET = 0xffff_ffff;
/** Most IDs that are remembered. */
const MAX_KNOWN = 4096;

/** The text of user or group IDs, remembered. */
export class IdTexts {
  readonly #known = new Map<number, string>();
  readonly #find: (id: number) => string | undefined;

  constructor(find: (id: number) => string | undefined) {
    this.#find = find;
  }

  /** `root`, `unset`, the name, or `unknown(1001)` as a signed number. */
  text(id: number): string {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const text = this.#make(id);
    this.#known.set(id, text);
    return text;
  }

  #make(id: number): string {
    if (id === UNSET) return "unset";
    if (id === 0) return "root";
    return this.#find(id) ?? `unknown(${id | 0})`;
  }
}

/** A system call of one machine. */
export interface Call {
  readonly text: string;
  readonly choices: ArgumentChoices;
  /** `socketcall` and `ipc`: the first argument says which call it is. */
  readonly multiplexed: "socketcall" | "ipccall" | undefined;
}

/** Names of one machine's system calls, remembered. */
export class Machine {
  readonly name: string;
  /** Some socket options of these have other numbers. */
  readonly ppc: boolean;
  readonly #arch: number;
  readonly #calls = new Map<number, Call>();

  constructor(arch: number, name: string) {
    this.#arch = arch;
    this.name = name;
    this.ppc = arch === Arch.PPC || arch === Arch.PPC64;
  }

  /** System call `number`, an int. */
  call(number: number): Call {
    const known = this.#calls.get(number);
    if (known !== undefined) return known;
    if (this.#calls.size >= MAX_KNOWN) this.#calls.clear();
    const name = syscallName(this.#arch, number);
    const multiplexed =
      name === "socketcall" ? "socketcall" : name === "ipc" ? "ipccall" : undefined;
    const call: Call = {
      text: name ?? `unknown-syscall(${number})`,
      choices: name === undefined ? [] : argumentChoices(name),
      multiplexed,
    };
    this.#calls.set(number, call);
    return call;
  }
}

const machines = new Map<number, Machine>();

/** The machine of an AUDIT_ARCH number; undefined if audit does not know it. */
export function machineOf(arch: number): Machine | undefined {
  const known = machines.get(arch);
  if (known !== undefined) return known;
  const name = archName(arch);
  if (name === undefined) return undefined;
  const machine = new Machine(arch, name);
  machines.set(arch, machine);
  return machine;
}
