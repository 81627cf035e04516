import { Capability, type CapabilitySet, type Chain, hasCapability } from "@cauditd/libaudit";

/** Who asks for something, as far as rights go. */
export interface Credentials {
  /** The task is in the initial user namespace. Only there do its capabilities count outside. */
  readonly initUserns: boolean;
  /** The task is in the initial pid namespace. */
  readonly initPidns: boolean;
  /** Effective capabilities, in the task's own user namespace. */
  readonly capabilities: CapabilitySet;
  /** May set contids of its descendants although it lacks the capability (contid.md 1.9). */
  readonly capcontid: boolean;
  /** The task's container and those around it, leaf first; empty = in none. */
  readonly chain: Chain;
}

/** The switches of who may do what. */
export interface Policy {
  /** As kernels are today: who is not in the initial user namespace gets ECONNREFUSED (CID-77). */
  readonly mainline: boolean;
  /** Outside the initial user namespace, contids need CAP_AUDIT_CONTROL and capcontid (CID-58). */
  readonly both: boolean;
  /** A contid may be replaced only below the container that the caller is in (CID-119). */
  readonly strict: boolean;
}

/** The switches of a host that was told nothing. */
export const DEFAULT_POLICY: Policy = { mainline: false, both: false, strict: true };

/** CAP_AUDIT_CONTROL in the initial user namespace: `capable()`, never `ns_capable()` (CID-7). */
export function controlsHost(task: Credentials): boolean {
  return task.initUserns && controlsOwn(task);
}

/** CAP_AUDIT_CONTROL in the task's own user namespace: `ns_capable()`. */
export function controlsOwn(task: Credentials): boolean {
  return hasCapability(task.capabilities, Capability.CAP_AUDIT_CONTROL);
}

/** The right over contids of descendants: CID-4, CID-54, and CID-58 under `both`. */
export function rulesContids(task: Credentials, policy: Policy): boolean {
  if (!policy.both) return controlsHost(task) || task.capcontid;
  return controlsOwn(task) && (task.initUserns || task.capcontid);
}

/** The scope a task is in: its own container, undefined = the host. */
export function ownScope(task: Credentials): bigint | undefined {
  return task.chain[0];
}
