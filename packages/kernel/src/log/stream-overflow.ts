// q_depth and overflow_action: what happens when a tenant's stream takes no more.
import type { OverflowAction } from "@cauditd/libaudit";
import { type LogEffect, syslog } from "./log-effect.ts";

/** Messages about dropped events in all. */
const MOST_TEXTS = 5;

/**
 * The policy of the queue to a tenant's stream, as auditd's for its plugins. Records that find the
 * queue full are dropped from the stream; the log is not touched.
 */
export class StreamOverflow {
  #action: OverflowAction;
  #texts = 0;
  #overflowed = false;
  #suspended = false;
  #changedRunlevel = false;

  constructor(action: OverflowAction) {
    this.#action = action;
  }

  /** Nothing goes to the stream until `resume`. */
  get suspended(): boolean {
    return this.#suspended;
  }

  /** The queue was full once. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** HUP. What is suspended stays so. */
  reload(action: OverflowAction): void {
    this.#action = action;
    this.#changedRunlevel = false;
  }

  /** USR2. */
  resume(): void {
    this.#suspended = false;
    this.#changedRunlevel = false;
  }

  /** An event found the queue full, and is dropped. */
  dropped(): LogEffect[] {
    this.#overflowed = true;
    switch (this.#action) {
      case "IGNORE":
        return [];
      case "SYSLOG":
        return this.#say();
      case "SUSPEND": {
        this.#suspended = true;
        const text = "Auditd is suspending event passing to plugins due to overflowing its queue.";
        return [syslog("alert", text)];
      }
      default:
        return this.#changeRunlevel(this.#action);
    }
  }

  #say(): LogEffect[] {
    if (this.#texts >= MOST_TEXTS) return [];
    this.#texts += 1;
    const effects = [syslog("err", "queue to plugins is full - dropping event")];
    if (this.#texts === MOST_TEXTS) {
      const last = "auditd queue full reporting limit reached - ending dropped event notifications";
      effects.push(syslog("err", last));
    }
    return effects;
  }

  #changeRunlevel(action: "SINGLE" | "HALT"): LogEffect[] {
    if (this.#changedRunlevel) return [];
    this.#changedRunlevel = true;
    const isHalt = action === "HALT";
    const does = isHalt ? "halting the system" : "changing the system to single user mode";
    const text = `Auditd is now ${does} due to overflowing its queue`;
    return [syslog("alert", text), { kind: "runlevel", level: isHalt ? "halt" : "single" }];
  }
}
