/** Tasks, the places where they live, and the pids they carry. */

import type { Program } from "./catalog.ts";
import { untrusted } from "./untrusted.ts";

/** RESERVED_PIDS of the kernel: after the first wrap, pids start here. */
export const firstReusablePid = 300;

/** Unset auid and ses, as the kernel prints them. */
export const unset = 4294967295;

/** What a place has produced. */
export interface Tally {
  events: number;
  /** Lines, EOE included. */
  records: number;
}

/** A container, or the host outside containers. */
export interface Home {
  readonly name: string;
  /** undefined = the host. */
  readonly contid: bigint | undefined;
  /** The container that this one is nested in. */
  readonly parent: Home | undefined;
  readonly weight: number;
  readonly uid: number;
  readonly programs: readonly Program[];
  /** Living tasks, init first, in no further order. */
  readonly tasks: Task[];
  /** dev= and inode= of its root; files count on from here. */
  readonly device: string;
  readonly inode: number;
  /** Working directory of its tasks, byte text. */
  readonly cwd: string;
  readonly tally: Tally;
  /** Tasks that it may still have. */
  room: number;
  /** Last pid given in the container's own pid namespace. */
  lastInnerPid: number;
}

/** What a task inherits from its parent. */
export interface TaskIdentity {
  readonly auid: number;
  readonly uid: number;
  readonly ses: number;
  readonly tty: string;
}

/** A process; threads are not modelled, since records carry the thread group id as pid. */
export class Task {
  /** In the host's pid namespace; the tgid. */
  readonly pid: number;
  /** In the pid namespace of its container, as fork and wait4 return it there. */
  readonly innerPid: number;
  readonly home: Home;
  readonly children: Set<Task> = new Set();
  /** Never exits before its container is stopped. */
  readonly lasting: boolean;
  /** Events that it still makes before it exits. */
  left: number;
  /** Runs a program of its own, that is, it has called execve since its fork. */
  started = false;
  /** An event of it was emitted. */
  seen = false;
  program: Program;
  #parent: Task | undefined;
  #identity: TaskIdentity;
  #comm: string;
  #proctitle = "";
  #fields = "";

  constructor(
    pid: number,
    innerPid: number,
    home: Home,
    parent: Task | undefined,
    program: Program,
    identity: TaskIdentity,
    left: number,
  ) {
    this.pid = pid;
    this.innerPid = innerPid;
    this.home = home;
    this.program = program;
    this.lasting = left === Number.POSITIVE_INFINITY;
    this.left = left;
    this.#parent = parent;
    this.#identity = identity;
    this.#comm = parent === undefined || this.lasting ? program.comm : parent.comm;
    parent?.children.add(this);
  }

  get identity(): TaskIdentity {
    return this.#identity;
  }

  /** Byte text, at most 15 bytes. */
  get comm(): string {
    return this.#comm;
  }

  /** 0 for the first task of the host. */
  get ppid(): number {
    return this.#parent?.pid ?? 0;
  }

  /**
   * The PROCTITLE value. The kernel reads the command line at the task's first event and keeps the
   * text for the task's life, execve or not.
   */
  get proctitle(): string {
    if (this.#proctitle === "") this.#proctitle = this.program.proctitle;
    return this.#proctitle;
  }

  /** ` ppid=` to `exe=` of a SYSCALL body. */
  get fields(): string {
    if (this.#fields === "") {
      const { auid, uid, ses, tty } = this.#identity;
      this.#fields =
        ` ppid=${this.ppid} pid=${this.pid} auid=${auid} uid=${uid} gid=${uid} euid=${uid}` +
        ` suid=${uid} fsuid=${uid} egid=${uid} sgid=${uid} fsgid=${uid} tty=${tty} ses=${ses}` +
        ` comm=${untrusted(this.#comm)} exe=${this.program.exe}`;
    }
    return this.#fields;
  }

  /** Sets auid, uid, ses and tty, as a login does. */
  login(identity: TaskIdentity): void {
    this.#identity = identity;
    this.#fields = "";
  }

  /** PR_SET_NAME. */
  rename(comm: string): void {
    this.#comm = comm;
    this.#fields = "";
  }

  /** Replaces the program, as execve does. */
  execute(program: Program): void {
    this.program = program;
    this.started = true;
    this.rename(program.comm);
  }

  /** Leaves the parent and gives the children to another task, as the kernel does at exit. */
  leave(reaper: Task | undefined): void {
    this.#parent?.children.delete(this);
    for (const child of this.children) child.#adopt(reaper);
    this.children.clear();
  }

  #adopt(parent: Task | undefined): void {
    this.#parent = parent;
    this.#fields = "";
    parent?.children.add(this);
  }
}

/** Hands out pids upwards and wraps at the limit, as alloc_pid does. */
export class PidTable {
  readonly #used: Uint8Array;
  #last: number;
  #free: number;

  /**
   * @param pidMax pids are below it; 302 to 4194304 (PID_MAX_LIMIT).
   * @throws RangeError on a limit outside that range.
   */
  constructor(pidMax: number) {
    if (!Number.isInteger(pidMax) || pidMax < firstReusablePid + 2 || pidMax > 4194304) {
      throw new RangeError(`expected pidMax from 302 to 4194304, got ${pidMax}`);
    }
    this.#used = new Uint8Array(pidMax);
    this.#last = firstReusablePid;
    this.#free = pidMax - firstReusablePid - 1;
  }

  /** @returns an unused pid, or 0 when there is none (fork then fails with EAGAIN). */
  allocate(): number {
    if (this.#free === 0) return 0;
    do {
      this.#last += 1;
      if (this.#last >= this.#used.length) this.#last = firstReusablePid + 1;
    } while (this.#used[this.#last] === 1);
    this.#used[this.#last] = 1;
    this.#free -= 1;
    return this.#last;
  }

  /** Takes a certain pid. @returns false when it is out of range (2 to the limit) or in use. */
  take(pid: number): boolean {
    if (!Number.isInteger(pid) || pid < 2 || pid >= this.#used.length) return false;
    if (this.#used[pid] === 1) return false;
    this.#used[pid] = 1;
    if (pid > firstReusablePid) this.#free -= 1;
    return true;
  }

  /** Gives a pid back; one that is not in use is left alone. */
  release(pid: number): void {
    if (this.#used[pid] !== 1) return;
    this.#used[pid] = 0;
    if (pid > firstReusablePid) this.#free += 1;
  }
}
