import type { ContainerObject } from "../container/container-object.ts";
import { ContainerTable } from "../container/container-table.ts";
import { NetnsContids } from "../container/netns-contids.ts";
import { DEFAULT_POLICY, type Policy } from "../rights/credentials.ts";
import { ScopeTable } from "../scope/scope-table.ts";
import type { Task } from "../task/task.ts";
import { TaskTable } from "../task/task-table.ts";

/** Limits on contids, which version 11 of the patches has none of (CID-48, CID-49). */
export interface ContidLimits {
  /** The longest chain. */
  readonly depth?: number;
  /** Most containers with tasks in one network namespace. */
  readonly netns?: number;
  /** Most contids in use. */
  readonly total?: number;
}

/** What an emulated kernel is made with. */
export interface EmulatedKernelOptions {
  /** Milliseconds since the epoch; asked once for each event. */
  readonly now: () => number;
  readonly policy?: Partial<Policy>;
  readonly limits?: ContidLimits;
  /** Pids are below it, in every namespace. */
  readonly pidMax?: number;
  /** Records about namespaces are made (CID-117). Default: false. */
  readonly namespaceRecords?: boolean;
}

/** The most that a depth limit times a netns limit may be: what fits into one record (v8). */
const LIMIT_PRODUCT_MAX = 400;

/**
 * The half of a kernel that auditing is about: tasks, their namespaces and containers, and the
 * scopes that get the records. The calls of tasks are functions beside it (task-calls,
 * contid-calls, ...); each asks `authorise` before it changes anything.
 */
export class EmulatedKernel {
  readonly tasks: TaskTable;
  readonly netns: NetnsContids = new NetnsContids();
  readonly containers: ContainerTable = new ContainerTable(this.netns);
  readonly scopes: ScopeTable;
  policy: Policy;
  limits: ContidLimits;
  /** unshare, setns, exits and registrations leave NS_ records (CID-117). */
  namespaceRecords: boolean;
  /** The session ID given last. */
  session = 0;
  readonly #now: () => number;

  constructor(options: EmulatedKernelOptions) {
    this.#now = options.now;
    this.policy = { ...DEFAULT_POLICY, ...options.policy };
    this.limits = options.limits ?? {};
    this.namespaceRecords = options.namespaceRecords ?? false;
    this.tasks = new TaskTable(options.pidMax);
    this.scopes = new ScopeTable(this.tasks.initPidns);
  }

  /** Milliseconds since the epoch, 0 or more. */
  now(): number {
    return Math.max(0, Math.floor(this.#now()));
  }

  /** What AUDIT_GET says that this kernel can: contids are bit 0x80 (CID-72). */
  get featureBitmap(): number {
    return this.policy.mainline ? 0x7f : 0xff;
  }

  /** The first task. */
  get init(): Task {
    return this.tasks.init;
  }

  /** A container has no task any more: its scope ends, and what its daemon knew of signals. */
  endContainer(container: ContainerObject): void {
    const scope = this.scopes.find(container.contid);
    if (scope?.container === container) this.forgetSignal(container.contid);
    this.scopes.end(container);
  }

  /** The info on the last signal of a scope's daemon is no longer kept; its hold ends. */
  forgetSignal(contid: bigint | undefined): void {
    const scope = this.scopes.find(contid);
    if (scope?.signal?.held !== undefined) this.containers.release(scope.signal.held);
    if (scope !== undefined) scope.signal = undefined;
  }

  /** Sets limits. False, and nothing is changed, when depth times netns is too much (CID-49). */
  setLimits(limits: ContidLimits): boolean {
    if ((limits.depth ?? 1) * (limits.netns ?? 1) > LIMIT_PRODUCT_MAX) return false;
    this.limits = limits;
    return true;
  }
}
