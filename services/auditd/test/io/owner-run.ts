// Owners of one scope that follow each other on one disk, some of them without knowing that.
import { AuditdInstance, InstanceLog, type LogSettings } from "@cauditd/auditd";
import type { Bus, DeliveryListener, Subscription } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import type { Lock } from "../../src/io/folder-lock.ts";
import { Told } from "../hand-bus.ts";
import { LOG } from "./crash-run.ts";
import type { FaultDisk } from "./fault-disk.ts";
import type { Turns } from "./turns.ts";

/** The frames of one scope: given to, and acknowledged by, the owner that claimed them last. */
export class Frames {
  readonly #frames: readonly Uint8Array[];
  acked = 0;
  /** True: whoever acknowledges now is no more. */
  dead: () => boolean = () => false;
  #token = 0;

  constructor(frames: readonly Uint8Array[]) {
    this.#frames = frames;
  }

  get last(): number {
    return this.#frames.length;
  }

  /** From here on nothing that an earlier owner acknowledges has an effect. */
  claim(token: number): void {
    this.#token = Math.max(this.#token, token);
  }

  bus(token: number): Pick<Bus, "subscribe"> {
    return {
      subscribe: async (_scope, { window }, onDelivery) =>
        this.#subscribe(token, window, onDelivery),
    };
  }

  #subscribe(token: number, window: number, onDelivery: DeliveryListener): Subscription {
    let next = this.acked;
    const deliver = (): void => {
      while (token === this.#token && next < this.last && next - this.acked < window) {
        const sequence = ++next;
        const frame = this.#frames[sequence - 1] as Uint8Array;
        const place = { epoch: "one", sequence, source: undefined };
        onDelivery({ frame, ...place, redelivered: false, ack: () => ack(sequence) });
      }
    };
    const ack = (sequence: number): void => {
      if (token !== this.#token || this.dead()) return;
      this.acked = Math.max(this.acked, sequence);
      queueMicrotask(deliver);
    };
    return { resume: () => queueMicrotask(deliver), close: async () => undefined };
  }
}

/** Locks of folders, by inode: those of killed processes are free. */
export class Locks {
  readonly #turns: Turns;
  readonly #held: Map<string, number> = new Map();

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  take(who: number): (folder: string, at: string) => Promise<Lock> {
    return async (folder, at) => {
      const holder = this.#held.get(at);
      if (holder !== undefined && this.#turns.lives(holder)) {
        throw new AuditError(Errno.EBUSY, `${folder}: in use by ${holder}`);
      }
      this.#held.set(at, who);
      const release = async (): Promise<void> => {
        if (this.#held.get(at) === who) this.#held.delete(at);
      };
      return { release };
    };
  }
}

/** One owner: claims the frames, opens the log, and writes what comes. */
export async function own(
  token: number,
  disk: FaultDisk,
  turns: Turns,
  locks: Locks,
  frames: Frames,
  settings: LogSettings,
): Promise<AuditdInstance | undefined> {
  frames.claim(token);
  let log: InstanceLog;
  const told = new Told();
  try {
    const options = { disk: turns.view(token, disk), lock: locks.take(token), token };
    log = await InstanceLog.open(LOG, { ...options, settings, log: told });
  } catch {
    // A later owner has it.
    return undefined;
  }
  const served = new AuditdInstance({ name: "web", scope: "4", log, told });
  await served.start(frames.bus(token) as Bus);
  return served;
}
