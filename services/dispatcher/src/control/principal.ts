import type { Container, ContainerRegistry, ControlSubject, Credentials } from "@cauditd/kernel";
import { ALL_CAPABILITIES, type CapabilitySet, UNSET_U32 } from "@cauditd/libaudit";

/** Who may ask for something: an authenticated caller, and the task that it stands for. */
export interface Principal {
  readonly name: string;
  /** Effective capabilities, in its own user namespace. */
  readonly capabilities: CapabilitySet;
  readonly initUserns: boolean;
  readonly initPidns: boolean;
  /** May set contids inside its container (contid.md 1.9). Changed by `capcontid-set`. */
  capcontid: boolean;
  /** The container that it is in; undefined = none, it is a task of the host. */
  readonly contid?: bigint | undefined;
  /** What records say of it. */
  readonly subject: ControlSubject;
}

/** The principal of the host's own administrator: root on the host, whom only a socket admits. */
export function localRoot(name: string, pid: number): Principal {
  return {
    name,
    capabilities: ALL_CAPABILITIES,
    initUserns: true,
    initPidns: true,
    capcontid: false,
    subject: { pid, uid: 0, auid: UNSET_U32, ses: UNSET_U32 },
  };
}

/** The container that a principal is in, if it is registered. */
export function homeOf(principal: Principal, registry: ContainerRegistry): Container | undefined {
  return principal.contid === undefined ? undefined : registry.find(principal.contid);
}

/** The credentials of a principal, as the containers stand now. */
export function credentialsOf(principal: Principal, registry: ContainerRegistry): Credentials {
  const { capabilities, initUserns, initPidns, capcontid, contid } = principal;
  const chain = contid === undefined ? [] : (registry.find(contid)?.chain ?? [contid]);
  return { capabilities, initUserns, initPidns, capcontid, chain };
}
