import { AuditError, type Chain, CONTID_UNSET, Errno, formatContid } from "@cauditd/libaudit";

/** A registered container. `slot` is its dense number inside this process, from 0. */
export interface Container {
  readonly slot: number;
  readonly name: string;
  readonly contid: bigint;
  /** Process ID of the task that was registered, in the initial PID namespace. */
  readonly pid: number;
  readonly parent: Container | undefined;
  /** This contid and its ancestors, leaf first. */
  readonly chain: Chain;
  /** False once the registration has ended. */
  live: boolean;
}

/** What an orchestrator says when it registers a container. */
export interface Registration {
  /** Names the container's log folder: 1 to 64 of `[A-Za-z0-9_.-]`, not `host`. */
  readonly name: string;
  readonly contid: bigint;
  readonly pid: number;
  /** The contid of a registered container that this one is nested in. */
  readonly parent?: bigint;
}

/** The names a container may have: safe as a folder's name. */
export const CONTAINER_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** The most containers registered over the life of a registry. */
export const MAX_CONTAINERS = 32768;
/** The longest chain: its text must fit into one record beside everything else. */
export const MAX_DEPTH = 256;

/**
 * The containers that are registered, by contid and name. Slots are never used twice, so that a
 * contid that is registered again (its next generation) does not meet its predecessor's tasks.
 */
export class ContainerRegistry {
  readonly #slots: Container[] = [];
  readonly #byContid: Map<bigint, Container> = new Map();
  readonly #byName: Map<string, Container> = new Map();

  /** Live containers, in order of registration. */
  get containers(): readonly Container[] {
    return this.#slots.filter((container) => container.live);
  }

  /** The container of a slot, live or not. */
  at(slot: number): Container | undefined {
    return this.#slots[slot];
  }

  /** The live container with this contid. */
  find(contid: bigint): Container | undefined {
    return this.#byContid.get(contid);
  }

  /** The live container with this name. */
  named(name: string): Container | undefined {
    return this.#byName.get(name);
  }

  /**
   * Registers a container.
   * @throws {AuditError} EINVAL for a bad name, pid or the unset contid (CID-9), EEXIST for a
   * name or contid in use, ENOENT for an unknown parent, EMLINK for too deep a nesting,
   * ENOSPC for too many containers
   */
  register(registration: Registration): Container {
    const { name, contid, pid } = registration;
    const refuse = (errno: Errno, why: string): never => {
      throw new AuditError(errno, `register ${name}: ${why}`);
    };
    if (!CONTAINER_NAME.test(name) || name === "host") refuse(Errno.EINVAL, "not a usable name");
    if (contid < 0n || contid >= CONTID_UNSET) {
      refuse(Errno.EINVAL, "contid must be 0 to 18446744073709551614");
    }
    if (!Number.isInteger(pid) || pid < 1 || pid > 4194304) {
      refuse(Errno.EINVAL, "pid must be 1 to 4194304");
    }
    if (this.#byName.has(name)) refuse(Errno.EEXIST, "the name is in use");
    if (this.#byContid.has(contid)) {
      refuse(Errno.EEXIST, `contid ${formatContid(contid)} is in use`);
    }
    if (this.#slots.length === MAX_CONTAINERS) refuse(Errno.ENOSPC, "too many containers");
    let parent: Container | undefined;
    if (registration.parent !== undefined) {
      parent = this.#byContid.get(registration.parent);
      if (parent === undefined) {
        const text = formatContid(registration.parent);
        return refuse(Errno.ENOENT, `parent ${text} is not registered`);
      }
      if (parent.chain.length === MAX_DEPTH) refuse(Errno.EMLINK, "nested too deep");
    }
    const slot = this.#slots.length;
    const chain = [contid, ...(parent?.chain ?? [])];
    const container: Container = { slot, name, contid, pid, parent, chain, live: true };
    this.#slots.push(container);
    this.#byContid.set(contid, container);
    this.#byName.set(name, container);
    return container;
  }

  /**
   * Ends a registration.
   * @throws {AuditError} ENOENT when the contid is not registered, EBUSY while a container that
   * is nested in it lives (spec/contid.md 2.3, question 6)
   */
  end(contid: bigint): Container {
    const container = this.#byContid.get(contid);
    if (container === undefined) {
      throw new AuditError(Errno.ENOENT, `end ${formatContid(contid)}: not registered`);
    }
    for (const other of this.#byContid.values()) {
      if (other.parent === container) {
        throw new AuditError(Errno.EBUSY, `end ${container.name}: ${other.name} lives in it`);
      }
    }
    container.live = false;
    this.#byContid.delete(contid);
    this.#byName.delete(container.name);
    return container;
  }
}
