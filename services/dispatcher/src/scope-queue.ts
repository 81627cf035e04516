import {
  type Bus,
  FRAME_BEHIND_BYTES,
  FrameBuilder,
  type FrameEvent,
  type Place,
  packFrame,
  type SourceRange,
} from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";

/** What to do when a scope's queue on the bus is full. */
export type FullPolicy = "wait" | "drop";

/** The shortest and the longest pause before a frame is offered to a full queue again, ms. */
const RETRY_MIN_MS = 1;
const RETRY_MAX_MS = 50;
/** The pause before a frame is offered again to a bus that did not answer, ms. */
const SILENCE_MS = 250;
/** Frames that may wait in the dispatcher for their turn, per scope. */
export const WAITING_FRAMES = 8;

/** How a scope's queue works, beyond what to do when it is full. */
export interface ScopeQueueOptions {
  /** A bus that does not answer is asked on, without end. Default: that is a failure. */
  readonly patient?: boolean;
  /**
   * The bus is a network: frames are packed, and longer while others wait. Default: they go as
   * they are.
   */
  readonly packs?: boolean;
  /** The source can be read again: its events are counted, and left out up to and with `from`. */
  readonly source?: { readonly id: string; readonly from: number } | undefined;
}

interface SealedFrame {
  /** A promise while it is packed, which begins before it is its turn. */
  readonly bytes: Uint8Array | Promise<Uint8Array>;
  readonly source: SourceRange | undefined;
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
  readonly #options: ScopeQueueOptions;
  /** Events of a source that can be read again: seen, left out, and stored up to. */
  #seen = 0;
  #skipped = 0;
  #stored: number;
  /** Told when a frame has left. */
  readonly #onRoom: () => void;

  constructor(
    scope: string,
    bus: Bus,
    policy: FullPolicy,
    onRoom: () => void,
    options: ScopeQueueOptions = {},
  ) {
    this.#options = options;
    this.#stored = options.source?.from ?? 0;
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

  /** Events that an earlier life has routed. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Number of the last event of the source that is stored, from 1; 0 for none. */
  get stored(): number {
    return this.#stored;
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

  /** True when it gave up: no source has to be held back for it. */
  get gaveUp(): boolean {
    return this.#failure !== undefined && this.#publishing === undefined;
  }

  /** Why the bus did not take the frame at the head; undefined again once it has. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Adds an event of the source; its bytes may be read until `own`. */
  append(event: FrameEvent, chain: string): void {
    const { source } = this.#options;
    if (source !== undefined && ++this.#seen <= source.from) {
      this.#skipped++;
      return;
    }
    this.#add(event, chain);
  }

  /** The buffers of the events so far are used again. */
  own(): void {
    this.#builder.own();
  }

  /** Adds an event that is not the source's, in a frame of its own. */
  appendOwn(event: FrameEvent, chain: string): void {
    this.seal();
    this.#add(event, chain);
    this.#seal(undefined);
  }

  #add(event: FrameEvent, chain: string): void {
    this.#routed++;
    if (!this.#builder.fits(event)) this.seal();
    this.#builder.append(event, chain);
    // Over a network what a frame costs is in its number, not in its length.
    const behind = this.#options.packs === true && this.#frames.length > 0;
    if (behind ? this.#builder.isFull(FRAME_BEHIND_BYTES) : this.#builder.full) this.seal();
  }

  /**
   * Closes the unfinished frame and lets it go. Losses that no frame has told of yet make a frame
   * of their own if there is no other. When too many frames wait, the unfinished one is dropped;
   * with policy `wait` only if the bus has failed, as nothing holds the source back then.
   */
  seal(): void {
    const { source } = this.#options;
    const first = this.#seen - this.#builder.events + 1;
    this.#seal(source && { id: source.id, first, last: this.#seen });
  }

  #seal(source: SourceRange | undefined): void {
    const events = this.#builder.events;
    if (events === 0 && this.#lostSince === 0) return;
    const failed = this.#failure !== undefined && this.#options.patient !== true;
    const drops = this.#policy === "drop" || failed;
    if (drops && this.#frames.length >= WAITING_FRAMES) {
      this.#builder.drop();
      this.#lost += events;
      this.#lostSince += events;
      return;
    }
    const sequence = ++this.#sequence;
    const frame = this.#builder.take(sequence, this.#lostSince);
    const bytes = this.#options.packs === true ? packFrame(frame) : frame;
    this.#lostSince = 0;
    this.#frames.push({ bytes, sequence, events, source: events > 0 ? source : undefined });
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
        const { sequence, source } = frame;
        const bytes = frame.bytes instanceof Promise ? await frame.bytes : frame.bytes;
        const outcome = await this.#bus.publish(this.scope, sequence, bytes, source);
        if (outcome === "full") {
          await new Promise((resolve) => setTimeout(resolve, pause));
          pause = Math.min(2 * pause, RETRY_MAX_MS);
          continue;
        }
      } catch (error) {
        this.#failure = error as Error;
        if (this.#options.patient !== true || !isSilence(error)) break;
        await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
        continue;
      }
      if (frame.source !== undefined) this.#stored = frame.source.last;
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

/** The bus did not answer; the same call may be made again. */
function isSilence(error: unknown): boolean {
  return error instanceof AuditError && error.errno === Errno.ETIMEDOUT;
}
