import { type CapabilitySet, type Chain, UNSET_U32 } from "@cauditd/libaudit";
import type { ContainerObject } from "../container/container-object.ts";
import type { Credentials } from "../rights/credentials.ts";
import type { NetNamespace, PidNamespace, UserNamespace } from "./namespaces.ts";

/** `zombie`: it has exited and was not reaped; `gone`: its pids are free. */
export type TaskState = "running" | "zombie" | "gone";

/** What a task passes on to its children, beside its container. */
export interface Identity {
  uid: number;
  gid: number;
  /** Audit user ID; unset = 4294967295. */
  auid: number;
  /** Session; unset = 4294967295. */
  ses: number;
  capabilities: CapabilitySet;
  userns: UserNamespace;
  netns: NetNamespace;
  /** Absolute path of its program. */
  exe: string;
  /** Working directory. */
  cwd: string;
}

/** A task: a process, or a thread of one. */
export class Task implements Identity {
  /** A name for people; not of the kernel. */
  readonly name: string;
  /** The namespace it has its own pid in. */
  readonly pidns: PidNamespace;
  /** The namespace its children get; differs after unshare(CLONE_NEWPID). */
  childPidns: PidNamespace;
  /** Its pid in each namespace it is seen in, by level: the host's first. */
  readonly pids: number[] = [];
  /** First thread of its process: itself unless it is a further thread. */
  readonly leader: Task;
  /** Further threads of the process, kept with the leader. */
  readonly threads: Set<Task> = new Set();
  /** Whose child it is: kernel real_parent. Undefined for the first task. */
  realParent: Task | undefined;
  /** The task that traces it; undefined = none. */
  tracer: Task | undefined;
  /** The tasks that it traces. */
  readonly tracees: Set<Task> = new Set();
  /** Children, those included that have exited and were not reaped. Kept with the leader. */
  readonly children: Set<Task> = new Set();
  state: TaskState = "running";
  /** Its process was stopped by SIGSTOP. Kept with the leader. */
  stopped = false;
  uid = 0;
  gid = 0;
  auid: number = UNSET_U32;
  ses: number = UNSET_U32;
  capabilities: CapabilitySet;
  userns: UserNamespace;
  netns: NetNamespace;
  exe = "/sbin/init";
  cwd = "/";
  /** May set contids of its descendants; not inherited (CID-50). */
  capcontid = false;
  /** It has audit info: false for a task from before auditing. */
  audited = true;
  /** The container it is in. */
  container: ContainerObject | undefined;

  constructor(
    name: string,
    pidns: PidNamespace,
    identity: Identity,
    leader: Task | undefined,
    realParent: Task | undefined,
  ) {
    this.name = name;
    this.pidns = pidns;
    this.childPidns = pidns;
    this.leader = leader ?? this;
    this.realParent = realParent;
    this.capabilities = identity.capabilities;
    this.userns = identity.userns;
    this.netns = identity.netns;
    this.inherit(identity);
  }

  /** Takes over what a child has from its parent. */
  inherit(identity: Identity): void {
    this.uid = identity.uid;
    this.gid = identity.gid;
    this.auid = identity.auid;
    this.ses = identity.ses;
    this.capabilities = identity.capabilities;
    this.userns = identity.userns;
    this.netns = identity.netns;
    this.exe = identity.exe;
    this.cwd = identity.cwd;
  }

  /**
   * Who is told of its exit and waits for it: its tracer's process, else its real parent. Nothing
   * that is audited looks at it: ppid, descent and children are those of real parents.
   */
  get parent(): Task | undefined {
    return this.tracer?.leader ?? this.realParent;
  }

  /** Its pid in the initial pid namespace. */
  get pid(): number {
    return this.pids[0] ?? 0;
  }

  /** Its name as `comm` shows it: at most 15 bytes of the program's name. */
  get comm(): string {
    return this.exe.slice(this.exe.lastIndexOf("/") + 1).slice(0, 15);
  }

  /** Its own pid, or that of its process, as a namespace sees it; 0 = it does not (CID-107). */
  pidIn(pidns: PidNamespace): number {
    return this.pidns.isWithin(pidns) ? (this.pids[pidns.level] ?? 0) : 0;
  }

  /** Its container and those around it, leaf first; empty = in none. */
  get chain(): Chain {
    return this.container?.chain ?? [];
  }

  /** What rights look at. */
  get credentials(): Credentials {
    return {
      initUserns: this.userns.id === 0,
      initPidns: this.pidns.id === 0,
      capabilities: this.capabilities,
      capcontid: this.capcontid,
      chain: this.chain,
    };
  }

  /** True if it is a proper descendant of `other`'s process, along real parents. */
  descendsFrom(other: Task): boolean {
    let at = this.leader.realParent;
    while (at !== undefined && at !== other.leader) at = at.realParent;
    return at !== undefined;
  }
}
