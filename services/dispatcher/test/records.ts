// Records in, and frames that came out.
import { AuditParser } from "@cauditd/auparse";
import {
  type Bus,
  decodeFrame,
  EVENT_WORDS,
  type Frame,
  type FrameEvent,
  type PublishOutcome,
  type QueueState,
  type SourceRange,
  type Subscription,
} from "@cauditd/bus";

/** The text of one event: a user record of this task. */
export function userText(serial: number, pid = 4000, size = 0): string {
  const pad = "x".repeat(size);
  return `type=USER_CMD msg=audit(1700000000.000:${serial}): pid=${pid} msg='${pad}'\n`;
}

/** The text of one event: a system call of this task. */
export function callText(serial: number, pid: number, ppid: number, syscall = 257): string {
  const stamp = `msg=audit(1700000000.000:${serial})`;
  const call = `arch=c000003e syscall=${syscall} success=yes items=0 ppid=${ppid} pid=${pid}`;
  return `type=SYSCALL ${stamp}: ${call}\ntype=PROCTITLE ${stamp}: proctitle=7368\n`;
}

/** Hands the events of a text on, while they are valid. */
export function eachEvent(text: string, sink: (event: FrameEvent) => void): void {
  const parser = new AuditParser(sink);
  parser.push(Buffer.from(text, "latin1"));
  parser.end();
}

/** The serials of a frame's events. */
export function serialsOf(frame: Frame): number[] {
  const serials: number[] = [];
  for (let e = 1; e < frame.events.length; e += EVENT_WORDS)
    serials.push(frame.events[e] as number);
  return serials;
}

/** A bus that stores what the test lets it. */
export class ScriptedBus implements Bus {
  readonly kind = "memory";
  /** Frames that were stored, in order. */
  readonly stored: Frame[] = [];
  /** What was said of their sources. */
  readonly sources: (SourceRange | undefined)[] = [];
  /** Calls of publish. */
  calls = 0;
  /** Says what a call of publish does; it may throw. */
  answer: (scope: string, sequence: number) => PublishOutcome | Promise<PublishOutcome> = () =>
    "stored";

  epoch(): string {
    return "one";
  }

  async publish(
    scope: string,
    sequence: number,
    bytes: Uint8Array,
    source?: SourceRange,
  ): Promise<PublishOutcome> {
    this.calls++;
    const outcome = await this.answer(scope, sequence);
    if (outcome === "stored") {
      this.stored.push(decodeFrame(bytes));
      this.sources.push(source);
    }
    return outcome;
  }

  /** Frames of a scope that were stored. */
  of(scope: string): Frame[] {
    return this.stored.filter((frame) => frame.scope === scope);
  }

  async subscribe(): Promise<Subscription> {
    return { resume: () => undefined, close: async () => undefined };
  }

  async state(): Promise<QueueState> {
    return { frames: this.stored.length, bytes: 0 };
  }

  async remove(): Promise<void> {}

  async close(): Promise<void> {}
}

/** Lets one waiter after another through, or all. */
export class Turnstile {
  #open = false;
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is this call's turn. */
  pass(): Promise<void> {
    if (this.#open) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets the one that waits longest through. */
  next(): void {
    this.#waiting.shift()?.();
  }

  /** Lets everyone through from now on. */
  open(): void {
    this.#open = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}
