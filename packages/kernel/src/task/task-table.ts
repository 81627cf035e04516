import { ALL_CAPABILITIES, AuditError, Errno, UNSET_U32 } from "@cauditd/libaudit";
import { type NetNamespace, PID_MAX, PidNamespace, type UserNamespace } from "./namespaces.ts";
import { type Identity, Task } from "./task.ts";

/** The tree of tasks: who is whose child, who has which pid. Knows nothing of auditing. */
export class TaskTable {
  readonly initUserns: UserNamespace = { id: 0, parent: undefined };
  readonly initPidns: PidNamespace;
  readonly initNetns: NetNamespace;
  /** The first task. */
  readonly init: Task;
  #namespaces = 0;

  /** @param pidMax pids are below it, in every namespace */
  constructor(pidMax: number = PID_MAX) {
    this.initPidns = new PidNamespace(0, undefined, this.initUserns, pidMax);
    this.initNetns = { id: 0, owner: this.initUserns };
    const identity: Identity = {
      uid: 0,
      gid: 0,
      auid: UNSET_U32,
      ses: UNSET_U32,
      capabilities: ALL_CAPABILITIES,
      userns: this.initUserns,
      netns: this.initNetns,
      exe: "/sbin/init",
      cwd: "/",
    };
    this.init = new Task("init", this.initPidns, identity, undefined, undefined);
    this.init.pids[0] = this.initPidns.give(this.init);
  }

  /**
   * Makes a child of a process.
   * @param pid its pid in the namespace it gets; the next that is free when not given
   * @throws {AuditError} ENOMEM when the namespace has ended, EAGAIN without a free pid, EEXIST
   * when `pid` is taken, ESRCH when the parent does not run
   */
  fork(name: string, by: Task, pid?: number): Task {
    const parent = by.leader;
    const child = new Task(name, by.childPidns, by, undefined, parent);
    this.#number(child, by, pid);
    parent.children.add(child);
    return child;
  }

  /** Makes a further thread of a process; throws as fork does, and EINVAL after unshare pid. */
  thread(name: string, by: Task): Task {
    if (by.childPidns !== by.pidns)
      throw new AuditError(Errno.EINVAL, "thread: other pid namespace");
    const thread = new Task(name, by.pidns, by, by.leader, by.leader.realParent);
    this.#number(thread, by, undefined);
    by.leader.threads.add(thread);
    return thread;
  }

  #number(task: Task, by: Task, pid: number | undefined): void {
    if (by.state !== "running") throw new AuditError(Errno.ESRCH, `fork: ${by.name} has exited`);
    if (task.pidns.dead) throw new AuditError(Errno.ENOMEM, "fork: the pid namespace has ended");
    for (let ns: PidNamespace | undefined = task.pidns; ns !== undefined; ns = ns.parent) {
      const own = ns === task.pidns && pid !== undefined;
      const given = own ? ns.take(pid, task) : ns.give(task);
      if (given === 0) {
        this.#unnumber(task);
        throw new AuditError(own ? Errno.EEXIST : Errno.EAGAIN, "fork: no free pid");
      }
      task.pids[ns.level] = given;
    }
  }

  #unnumber(task: Task): void {
    for (let ns: PidNamespace | undefined = task.pidns; ns !== undefined; ns = ns.parent) {
      if (ns.find(task.pids[ns.level] ?? 0) === task) ns.free(task.pids[ns.level] ?? 0);
    }
  }

  /**
   * Who exits when a task does, in this order: the other threads of its process, and everybody in
   * the pid namespace whose first task it is. The task itself is the last.
   */
  dying(task: Task): Task[] {
    if (task.leader !== task) return [task];
    const dying: Task[] = [];
    if (task.pidns.init === task && task.pidns !== this.initPidns) {
      for (const other of this.within(task.pidns)) {
        if (other.leader !== task) dying.push(other);
      }
    }
    return [...dying, ...task.threads, task];
  }

  /** Running tasks of a pid namespace and those inside it, children before their parents. */
  within(pidns: PidNamespace): Task[] {
    const found: Task[] = [];
    const visit = (task: Task): void => {
      for (const child of task.children) visit(child);
      if (!task.pidns.isWithin(pidns)) return;
      found.push(...task.threads);
      if (task.state === "running") found.push(task);
    };
    visit(this.init);
    return found;
  }

  /** Ends one task of `dying`: its children go to the first task of its pid namespace. */
  end(task: Task): void {
    for (const tracee of task.tracees) this.detach(tracee);
    if (task.leader !== task) {
      this.detach(task);
      task.state = "gone";
      task.leader.threads.delete(task);
      this.#unnumber(task);
      return;
    }
    task.state = "zombie";
    if (task.pidns.init === task) task.pidns.dead = true;
    for (const child of [...task.children]) {
      task.children.delete(child);
      const heir = this.#heir(task);
      child.realParent = heir;
      for (const thread of child.threads) thread.realParent = heir;
      heir.children.add(child);
    }
  }

  /** The first task of the nearest pid namespace that still runs. */
  #heir(task: Task): Task {
    for (let ns: PidNamespace | undefined = task.pidns; ns !== undefined; ns = ns.parent) {
      const { init } = ns;
      if (init !== undefined && init !== task && init.state === "running") return init;
    }
    return this.init;
  }

  /** A task is traced from now on: kernel ptrace_link. */
  attach(task: Task, tracer: Task): void {
    task.tracer = tracer;
    tracer.tracees.add(task);
  }

  /** It is traced no more. */
  detach(task: Task): void {
    task.tracer?.tracees.delete(task);
    task.tracer = undefined;
  }

  /**
   * A process has waited for one that has exited. ECHILD if that runs, or if it is another's to
   * wait for. Whom somebody else than its real parent traces goes on waiting for that one after
   * its tracer; otherwise its pids are free (kernel wait_task_zombie).
   * @param by default: whoever is told of the exit
   */
  reap(task: Task, by: Task | undefined = task.parent): Errno | 0 {
    if (task.state !== "zombie" || by?.leader !== task.parent) return Errno.ECHILD;
    const { parent } = task;
    this.detach(task);
    if (parent !== task.realParent) return 0;
    task.state = "gone";
    task.realParent?.children.delete(task);
    this.#unnumber(task);
    return 0;
  }

  /** A new user namespace inside another one. */
  newUserns(parent: UserNamespace): UserNamespace {
    return { id: ++this.#namespaces, parent };
  }

  /** A new pid namespace inside another one. */
  newPidns(parent: PidNamespace, owner: UserNamespace, max: number = PID_MAX): PidNamespace {
    return new PidNamespace(++this.#namespaces, parent, owner, max);
  }

  /** A new network namespace. */
  newNetns(owner: UserNamespace): NetNamespace {
    return { id: ++this.#namespaces, owner };
  }
}
