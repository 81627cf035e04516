import { type Bus, FrameBuilder, type FrameEvent, type Place } from "@cauditd/bus";

/** What to do when a scope's queue on the bus is full. */
export type FullPolicy = "wait" | "drop";

/** The shortest and the longest pause before a frame is offered to a full queue again, ms. */
const RETRY_MIN_MS = 1;
const RETRY_MAX_MS = 50;
/** Frames that may wait in the dispatcher for their turn, per scope. */
export const WAITING_FRAMES = 8;

interface SealedFrame {
  readonly bytes: Uint8Array;
  readonly sequence: number;
  readonly events: number;
}

/**
 * One scope's way to the bus: events are batched into frames, and frames are published one after
 * the other. With policy `drop`, the events of a frame for which there is no room are counted as
 * lost and the next frame says how many; with `wait`, frames wait and the source is held back
 * (`waiting`). A scope's queue knows nothing of the others'.
 */
export class ScopeQueue {
  readonly scope: string;
  readonly #bus: Bus;
  readonly #policy: FullPolicy;
  readonly #builder: FrameBuilder;
  readonly #frames: SealedFrame[] = [];
  #publishing: Promise<void> | undefined;
  #sequence = 0;
  /** Events in the sealed frames that wait. */
  #sealed = 0;
  /** Events lost since the last frame that was sealed. */
  #lostSince = 0;
  #routed = 0;
  #published = 0;
  #lost = 0;
  #failure: Error | undefined;
  /** Told when a frame has left. */
  readonly #onRoom: () => void;

  constructor(scope: string, bus: Bus, policy: FullPolicy, onRoom: () => void) {
    this.scope = scope;
    this.#bus = bus;
    this.#policy = policy;
    this.#builder = new FrameBuilder(scope);
    this.#onRoom = onRoom;
  }

  /** Sequence of the last frame that was sealed; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The place of that frame. */
  get place(): Place {
    return { epoch: this.#bus.epoch(this.scope), sequence: this.#sequence };
  }

  /** Events routed to the scope. */
  get routed(): number {
    return this.#routed;
  }

  /** Events lost because the queue was full. */
  get lost(): number {
    return this.#lost;
  }

  /** Events in frames that the bus has stored. */
  get published(): number {
    return this.#published;
  }

  /** Events that are held here: in the unfinished frame and in the sealed ones. */
  get held(): number {
    return this.#builder.events + this.#sealed;
  }

  /** Sealed frames that the bus has not taken yet. */
  get waiting(): number {
    return this.#frames.length;
  }

  /** Why the bus did not take the frame at the head; undefined again once it has. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Adds an event; its bytes are copied. */
  append(event: FrameEvent, chain: string): void {
    this.#routed++;
    if (!this.#builder.fits(event)) this.seal();
    this.#builder.append(event, chain);
    if (this.#builder.full) this.seal();
  }

  /**
   * Closes the unfinished frame and lets it go. Losses that no frame has told of yet make a frame
   * of their own if there is no other. When too many frames wait, the unfinished one is dropped;
   * with policy `wait` only if the bus has failed, as nothing holds the source back then.
   */
  seal(): void {
    const events = this.#builder.events;
    if (events === 0 && this.#lostSince === 0) return;
    const drops = this.#policy === "drop" || this.#failure !== undefined;
    if (drops && this.#frames.length >= WAITING_FRAMES) {
      this.#builder.drop();
      this.#lost += events;
      this.#lostSince += events;
      return;
    }
    const sequence = ++this.#sequence;
    const bytes = this.#builder.take(sequence, this.#lostSince);
    this.#lostSince = 0;
    this.#frames.push({ bytes, sequence, events });
    this.#sealed += events;
    this.#publishing ??= this.#publish();
  }

  /** Resolves when nothing waits any more, or the bus has failed. */
  async drained(): Promise<void> {
    while (this.#publishing !== undefined) await this.#publishing;
  }

  /**
   * No event follows: lets the last frame go once there is room for it, so that it is not dropped
   * and all losses are told. Resolves as `drained` does.
   */
  async finish(): Promise<void> {
    await this.drained();
    this.seal();
    await this.drained();
  }

  async #publish(): Promise<void> {
    let pause = RETRY_MIN_MS;
    for (let frame = this.#frames[0]; frame !== undefined; frame = this.#frames[0]) {
      try {
        const outcome = await this.#bus.publish(this.scope, frame.sequence, frame.bytes);
        if (outcome === "full") {
          await new Promise((resolve) => setTimeout(resolve, pause));
          pause = Math.min(2 * pause, RETRY_MAX_MS);
          continue;
        }
      } catch (error) {
        this.#failure = error as Error;
        break;
      }
      pause = RETRY_MIN_MS;
      this.#failure = undefined;
      this.#published += frame.events;
      this.#sealed -= frame.events;
      this.#frames.shift();
      this.#onRoom();
    }
    this.#publishing = undefined;
    this.#onRoom();
  }
}
