/*
 * Page indexing: every index below is bounded by a mask, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
import { PID_MAX } from "@cauditd/auparse";

/** No container: the host. */
export const HOST = -1;
/**
 * Milliseconds of event time in which records of an exited task may still come: other threads of
 * it finish their system calls, and other processors' records are queued behind its exit.
 */
export const EXIT_GRACE_MS = 100;

const PAGE_BITS = 10;
const PAGE = 1 << PAGE_BITS;

const State = { unknown: 0, live: 1, registered: 2, exited: 3 } as const;

/** What is known of PAGE process IDs. */
class Page {
  readonly slot = new Int16Array(PAGE).fill(HOST);
  readonly state = new Uint8Array(PAGE);
  readonly ppid = new Int32Array(PAGE);
  /** Event time of the exit, milliseconds. */
  readonly exit = new Float64Array(PAGE);
}

/**
 * Which container a task belongs to, learned from the registered tasks and from the ppid of
 * every event: a child is where its parent is (CID-26). Memory is bounded by the number of
 * process IDs; nothing of the host's own tasks is stored.
 *
 * Process IDs are used again. A task is forgotten when its exit is seen, when its registration
 * ends, and when an event of the same pid shows a parent outside its container: the kernel hands
 * orphans to a reaper of their own PID namespace, so such an event is of another task.
 */
export class TaskLineage {
  readonly #pages: (Page | undefined)[] = new Array((PID_MAX >> PAGE_BITS) + 1).fill(undefined);
  /** True for slots whose registration goes on. */
  readonly #live: boolean[] = [];
  /** Slot of the container that each slot's container is nested in, or HOST. */
  readonly #parents: number[] = [];

  /** A container's first task. `parent` is the slot it is nested in, or HOST. */
  register(pid: number, slot: number, parent: number): void {
    this.#live[slot] = true;
    this.#parents[slot] = parent;
    const page = this.#page(pid);
    const at = pid & (PAGE - 1);
    page.slot[at] = slot;
    page.state[at] = State.registered;
    page.ppid[at] = -1;
  }

  /** The container's registration has ended: its tasks are the host's from now on. */
  end(slot: number): void {
    this.#live[slot] = false;
  }

  /** The slot of a task by its process ID alone, HOST when it is in no container or unknown. */
  slotOfPid(pid: number): number {
    if (pid < 1 || pid > PID_MAX) return HOST;
    const page = this.#pages[pid >> PAGE_BITS];
    const at = pid & (PAGE - 1);
    const state = page === undefined ? State.unknown : (page.state[at] as number);
    if (page === undefined || (state !== State.live && state !== State.registered)) return HOST;
    const slot = page.slot[at] as number;
    return this.#live[slot] === true ? slot : HOST;
  }

  /** True when a task in a container, that was not seen to exit, has it for its parent. */
  hasChildren(pid: number): boolean {
    return this.#pages.some((page) => {
      for (let at = 0; page !== undefined && at < PAGE; at++) {
        const state = page.state[at];
        const lives = state === State.live || state === State.registered;
        if (lives && page.ppid[at] === pid && this.#live[page.slot[at] as number]) return true;
      }
      return false;
    });
  }

  /**
   * The slot of the task that an event names, HOST when it is in no container.
   * @param ppid its parent, or -1 when the event does not say
   * @param time event time in milliseconds
   */
  slotOf(pid: number, ppid: number, time: number): number {
    const page = this.#pages[pid >> PAGE_BITS];
    const at = pid & (PAGE - 1);
    const state = page === undefined ? State.unknown : (page.state[at] as number);
    if (page !== undefined && state !== State.unknown) {
      const slot = page.slot[at] as number;
      if (this.#live[slot] && this.#same(page, at, state, slot, ppid, time)) return slot;
    }
    const inherited = ppid > 0 ? this.#taskSlot(ppid, time) : HOST;
    if (inherited === HOST) {
      if (page !== undefined && state !== State.unknown) page.state[at] = State.unknown;
      return HOST;
    }
    const own = page ?? this.#page(pid);
    own.slot[at] = inherited;
    own.state[at] = State.live;
    own.ppid[at] = ppid;
    return inherited;
  }

  /** The task has ended its process: its pid may be another's from now on. */
  exit(pid: number, time: number): void {
    const page = this.#pages[pid >> PAGE_BITS];
    const at = pid & (PAGE - 1);
    if (page === undefined || page.state[at] === State.unknown) return;
    page.state[at] = State.exited;
    page.exit[at] = time;
  }

  /**
   * One thread has ended by exit(2), perhaps the only one: from now on a registered task, too,
   * is taken for another one when its parent changes.
   */
  threadExit(pid: number): void {
    const page = this.#pages[pid >> PAGE_BITS];
    const at = pid & (PAGE - 1);
    if (page === undefined || page.state[at] !== State.registered) return;
    if (page.ppid[at] !== -1) page.state[at] = State.live;
  }

  /** True when the event is of the task that the entry was made for. */
  #same(page: Page, at: number, state: number, slot: number, ppid: number, time: number): boolean {
    const known = page.ppid[at] as number;
    if (state === State.exited) {
      if (Math.abs(time - (page.exit[at] as number)) > EXIT_GRACE_MS) return false;
      return ppid === -1 || known === -1 || known === ppid;
    }
    if (ppid === -1 || known === ppid) return true;
    if (state === State.registered) {
      page.ppid[at] = ppid;
      return true;
    }
    const parent = this.#taskSlot(ppid, time);
    if (parent === HOST || !this.#within(slot, parent)) return false;
    page.ppid[at] = ppid;
    return true;
  }

  /** The slot of a parent: of a live task, or of one that exited just now. */
  #taskSlot(pid: number, time: number): number {
    const page = pid <= PID_MAX ? this.#pages[pid >> PAGE_BITS] : undefined;
    if (page === undefined) return HOST;
    const at = pid & (PAGE - 1);
    const state = page.state[at] as number;
    if (state === State.unknown) return HOST;
    const slot = page.slot[at] as number;
    if (!this.#live[slot]) return HOST;
    if (state !== State.exited) return slot;
    return Math.abs(time - (page.exit[at] as number)) <= EXIT_GRACE_MS ? slot : HOST;
  }

  /** True when `slot` is `outer` or nested in it. */
  #within(slot: number, outer: number): boolean {
    for (let at = slot; at !== HOST; at = this.#parents[at] ?? HOST) if (at === outer) return true;
    return false;
  }

  #page(pid: number): Page {
    const number = pid >> PAGE_BITS;
    let page = this.#pages[number];
    if (page === undefined) {
      page = new Page();
      this.#pages[number] = page;
    }
    return page;
  }
}
