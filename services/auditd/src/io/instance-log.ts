// One instance's log: batches in, and an answer for each when it is as safe as was asked for.
import { dirname } from "node:path";
import type { LogEffect, LogPolicy, LogPolicyState, Sender } from "@cauditd/kernel";
import { type AuditdConf, AuditError, Errno } from "@cauditd/libaudit";
import { ABANDONED, type Batch, lostOf, type Outcome, outcomeOf } from "./batch.ts";
import type { Mark } from "./checkpoint.ts";
import type { LogConduct } from "./conduct.ts";
import { countLines, eventEndFrom } from "./event-ends.ts";
import type { InstanceLogOptions, InstanceLogState } from "./instance-log-options.ts";
import { Lives, withoutLost } from "./lives.ts";
import type { ActionLog } from "./log-actions.ts";
import { correctFolder } from "./log-file.ts";
import { LogFolder } from "./log-folder.ts";
import { DEFAULT_LOG_SETTINGS, policyOf, settingsFor, settingsOf } from "./log-settings.ts";
import { FIRST_MARK, type Found, LogStore, removeLog } from "./log-store.ts";
import { errnoOf, PolicyRunner } from "./policy-runner.ts";

/** Batches that wait are written as one while they are not more than this, bytes. */
const GROUP_BYTES = 128 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);
/** How often a log that is written is looked for in its place, ms. */
const LOOK_MS = 1000;
/** How often in a row a log that vanishes while it is written is made anew. */
const MOST_ANEW = 3;

interface Job {
  readonly batch: Batch;
  readonly settle: (outcome: Outcome) => void;
}
type Turn = Job | { readonly run: () => Promise<void> };

/**
 * Writes one instance's batches, in order, off the event loop. What waits while a write or a sync
 * is under way is written together (group commit). With a checkpoint, the log and what it says
 * agree after a crash at any instant: docs/adr/0007-checkpoint-and-recovery.md.
 *
 * Callers bound what waits: an instance has a window of unacknowledged frames.
 */
export class InstanceLog {
  readonly path: string;
  readonly #store: LogStore;
  readonly #folder: LogFolder;
  readonly #log: ActionLog;
  readonly #conduct: LogConduct | undefined;
  readonly #policy: LogPolicy;
  readonly #runner: PolicyRunner;
  #lives: Lives;
  /** Where an earlier life of the instance was; undefined when there was none. */
  readonly recovered: Mark | undefined;
  /** What is in the log. */
  #mark: Mark;
  #ended = false;
  #abandoned = false;
  #released: Promise<void> | undefined;
  readonly #now: () => number;
  #looked: number;
  #failure: Error | undefined;
  readonly #turns: Turn[] = [];
  #running: Promise<void> | undefined;
  /** The sync that INCREMENTAL_ASYNC does not wait for. */
  #syncing: Promise<void> | undefined;

  private constructor(
    path: string,
    store: LogStore,
    found: Found,
    folder: LogFolder,
    options: InstanceLogOptions,
  ) {
    this.path = path;
    this.#folder = folder;
    this.#store = store;
    this.#log = options.log;
    this.#now = options.now ?? (() => performance.now());
    this.#looked = this.#now();
    const { conduct, settings = DEFAULT_LOG_SETTINGS, retention, later } = options;
    this.#conduct = conduct;
    this.#policy = conduct?.policy ?? policyOf(settings, options);
    const on = { path, store, disk: folder.disk, conduct, policy: this.#policy, retention, later };
    const note = (error: Error) => this.#note(error);
    const look = () => void this.#turn(() => this.#sample());
    this.#runner = new PolicyRunner({ ...on, note, look });
    this.recovered = found.mark;
    this.#mark = found.mark ?? FIRST_MARK;
    this.#lives = new Lives(this.#mark.account);
    for (const problem of found.problems) {
      this.#log.warn({ path, problem }, "the log is not as its checkpoint says");
    }
  }

  /**
   * Opens a log, makes its folder, and brings the log to the state that its checkpoint says.
   * @throws EBUSY when another process has it; EOWNERDEAD when one with a higher token has it; the
   * file system's error (errno), with the path
   */
  static async open(path: string, options: InstanceLogOptions): Promise<InstanceLog> {
    const { conduct, checkpoint } = options;
    const settings = settingsFor(options);
    const folder = await LogFolder.open(path, settings.modes.folder, options);
    let opened: { store: LogStore; found: Found } | undefined;
    try {
      if (conduct !== undefined) await correctFolder(folder.disk, dirname(path), settings.modes);
      if (options.fresh === true) await removeLog(folder.disk, path);
      opened = await LogStore.open(folder.disk, path, settings, checkpoint);
      const log = new InstanceLog(path, opened.store, opened.found, folder, options);
      // The store has opened it; what is there is judged once an earlier life is finished.
      log.#policy.opened("reopen", opened.store.size);
      if (opened.found.pending.length > 0) await log.#finishEarlier(opened.found.pending);
      await log.#turn(() => log.#runner.retain());
      if (conduct !== undefined) await log.#turn(() => log.#begin(conduct));
      return log;
    } catch (error) {
      await opened?.store.end();
      await folder.end();
      throw error;
    }
  }

  /** What is applied: what a restart would go on from. */
  get mark(): Mark {
    return this.#mark;
  }

  get state(): InstanceLogState {
    return {
      ...this.#store.counts,
      suspended: !this.#accepts,
      failure: this.#failure,
      rotations: this.#runner.rotations,
      abandoned: this.#abandoned,
    };
  }

  /**
   * Writes a batch. Resolves, and never rejects, when it is in the log as safe as `flush` says,
   * when what is not in it is lost, or when the log is abandoned.
   */
  append(batch: Batch): Promise<Outcome> {
    return new Promise((settle) => this.#add({ batch, settle }));
  }

  /** How the policy sees it, for the state report. */
  get policyState(): LogPolicyState {
    return this.#policy.state;
  }

  /** Rotates now, as auditd at SIGUSR1; false where there is nothing to rotate to (AUD-130). */
  async rotate(sender?: Sender): Promise<boolean> {
    const before = this.#runner.rotations;
    await this.#turn(() => this.#obey(this.#policy.rotate(sender)));
    return this.#runner.rotations > before;
  }

  /** Takes up logging after it was suspended, as auditd at SIGUSR2; false when it cannot. */
  async resume(sender?: Sender): Promise<boolean> {
    await this.#turn(() => this.#obey(this.#policy.resume(sender)));
    return this.#accepts;
  }

  /** A new configuration holds from here on, as auditd at SIGHUP; undefined: it was refused. */
  async reload(conf: AuditdConf | undefined, sender?: Sender): Promise<void> {
    await this.#turn(async () => {
      if (conf === undefined) return this.#obey(this.#policy.reloadRefused(sender));
      this.#store.reload(settingsOf(conf));
      await this.#obey(this.#policy.reload(conf, sender));
    });
  }

  /** Writes what waits, and closes the log. @throws the file system's error of closing it */
  async close(sender?: Sender): Promise<void> {
    if (this.#abandoned) return this.abandon();
    await this.#turn(async () => {
      await this.#syncing;
      if (this.#conduct !== undefined) await this.#obey(this.#policy.stop(sender));
      if (this.#store.durable && this.#accepts) {
        await this.#store.sync().catch((error: Error) => this.#trouble(error, "fsync"));
      }
      this.#ended = true;
      this.#runner.end();
    });
    await this.#release();
  }

  /**
   * Leaves the log as a crash would, for its next owner: what waits is not written or counted.
   * Resolves when what was under way has ended.
   */
  async abandon(): Promise<void> {
    this.#ended = this.#abandoned = true;
    this.#runner.end();
    await this.#running;
    await this.#release();
  }

  #release(): Promise<void> {
    this.#released ??= this.#end();
    return this.#released;
  }

  async #end(): Promise<void> {
    try {
      await this.#syncing;
      await this.#store.end();
    } finally {
      await this.#folder.end();
    }
  }

  get #accepts(): boolean {
    return !this.#ended && this.#policy.accepts;
  }

  #turn(turn: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const run = async () => (this.#abandoned ? undefined : turn());
      this.#add({ run: () => run().then(resolve, reject) });
    });
  }

  #add(turn: Turn): void {
    this.#turns.push(turn);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) {
      if ("run" in turn) await turn.run();
      else await this.#group(turn);
    }
    this.#running = undefined;
  }

  /** Writes a job, and the small ones that wait behind it. */
  async #group(first: Job): Promise<void> {
    const jobs = [first];
    first.batch.seal?.();
    let size = first.batch.bytes.length;
    for (let next = this.#turns[0]; next !== undefined; next = this.#turns[0]) {
      if ("run" in next || size + next.batch.bytes.length > GROUP_BYTES) break;
      next.batch.seal?.();
      size += next.batch.bytes.length;
      jobs.push(next);
      this.#turns.shift();
    }
    const bytes =
      jobs.length === 1 ? first.batch.bytes : Buffer.concat(jobs.map(({ batch }) => batch.bytes));
    const kept = await this.#take(bytes, jobs);
    let start = 0;
    for (const { batch, settle } of jobs) {
      settle(this.#abandoned ? ABANDONED : outcomeOf(batch, kept - start));
      start += batch.bytes.length;
    }
  }

  /** @returns how many bytes of the group are in the log, and counted by the checkpoint */
  async #take(bytes: Buffer, jobs: readonly Job[]): Promise<number> {
    const batches = jobs.map(({ batch }) => batch);
    const last = batches.findLast(({ mark }) => mark !== undefined)?.mark;
    await this.#look();
    if (this.#abandoned) return 0;
    const { size } = this.#store;
    const rotations = this.#runner.rotations;
    const kept = await this.#write(bytes, this.#applied(last));
    const lost = lostOf(batches, kept);
    // An error may be that of a folder that a later owner has taken over.
    if (lost > 0) await this.#look(0);
    if (this.#abandoned) return kept;
    this.#lives.lose(lost, this.#mark.serial, last);
    const error = await this.#commit(this.#applied(last));
    if (error === undefined) return kept;
    // What a restart would not count is not in the log either, as far as that can be had.
    if (!this.#abandoned && rotations === this.#runner.rotations && kept > 0) {
      await this.#store.cut(size).catch(() => undefined);
    }
    // While nothing is logged, what is lost only makes the serials' gap.
    if (this.#accepts) await this.#trouble(error, "write");
    this.#lives.lose(lostOf(batches, 0) - lost, this.#mark.serial, last);
    return 0;
  }

  /** A log that somebody moved or removed is made anew, in a folder made anew. */
  async #look(interval = LOOK_MS): Promise<void> {
    const now = this.#now();
    if (this.#ended || now - this.#looked < interval) return;
    this.#looked = now;
    await this.#folder.renew().catch((error: Error) => this.#note(error));
    if (this.#accepts && !(await this.#store.inPlace())) await this.#anew();
  }

  async #anew(): Promise<void> {
    this.#log.error({ path: this.path }, "the log was moved or removed: a new one is made");
    await this.#runner.perform([{ kind: "open", step: "reopen" }], NOTHING, this.#mark);
  }

  async #sample(): Promise<void> {
    if (!this.#ended) await this.#obey([{ kind: "sample" }]);
  }

  /** What an earlier life had accepted and not yet written: its account has it as written. */
  async #finishEarlier(pending: Buffer): Promise<void> {
    const mark = this.#mark;
    const kept = await this.#write(pending, mark);
    const done = withoutLost(mark, pending.subarray(kept));
    this.#lives = new Lives(done.account);
    const error = await this.#commit(done);
    if (error !== undefined) throw error;
  }

  /** @returns how many bytes are in the log: all, or whole events up to what went wrong */
  async #write(bytes: Buffer, mark: Mark): Promise<number> {
    let at = 0;
    let anew = 0;
    while (at < bytes.length && this.#accepts) {
      const rest = at === 0 ? bytes : bytes.subarray(at);
      const room = this.#policy.limit - this.#store.size;
      const end = room > rest.length ? rest.length : eventEndFrom(rest, Math.max(1, room));
      const { kept, error } = await this.#store.append(rest.subarray(0, end));
      // What went into a file that has no name any more is lost with it: it is written again.
      if (kept > 0 && (await this.#store.removed())) {
        if (anew++ === MOST_ANEW) break;
        await this.#anew();
        continue;
      }
      at += kept;
      if (this.#abandoned) break;
      if (kept > 0) {
        const records = this.#policy.countsRecords ? countLines(rest.subarray(0, kept)) : 0;
        const effects = this.#policy.wrote(records, kept, this.#store.size);
        await this.#runner.perform(effects, bytes.subarray(at), mark);
      }
      if (error === undefined) continue;
      const rotations = this.#runner.rotations;
      await this.#trouble(error, "write", bytes.subarray(at), mark);
      // A rotation may have made room. Else this batch is lost from here on.
      if (rotations === this.#runner.rotations) break;
    }
    return at;
  }

  /** The daemon starts: what is there is judged, then DAEMON_START is written. */
  async #begin({ policy, start }: LogConduct): Promise<void> {
    const effects = policy.opened("start", this.#store.size);
    if (start !== undefined) effects.push(...policy.started(start));
    await this.#obey(effects);
  }

  /** Performs what was asked for from outside, between two batches. */
  async #obey(effects: readonly LogEffect[]): Promise<void> {
    await this.#runner.perform(effects, NOTHING, this.#mark);
    // Records of the daemon are in the log now: a restart must not take them back.
    const error = this.#store.closed ? undefined : await this.#commit(this.#mark);
    if (error !== undefined && this.#accepts) await this.#trouble(error, "write");
  }

  /** @returns why a restart would not know of `mark` */
  async #commit(mark: Mark): Promise<Error | undefined> {
    if (this.#abandoned) return new AuditError(Errno.EOWNERDEAD, `write ${this.path}`);
    const { flush } = this.#policy.conf;
    const due = this.#runner.takeSync();
    const sync = flush === "DATA" || flush === "SYNC" || due === "wait";
    if (due === "behind") this.#syncing ??= this.#syncBehind();
    try {
      await this.#store.commit(mark, sync && this.#accepts);
      this.#mark = mark;
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async #syncBehind(): Promise<void> {
    try {
      await this.#store.sync();
    } catch (error) {
      // Not in the middle of a batch: the policy is told between two.
      void this.#turn(() => this.#trouble(error as Error, "fsync"));
    }
    this.#syncing = undefined;
  }

  #note(error: Error): void {
    this.#failure ??= error;
    this.#log.error({ path: this.path, err: error }, "cannot write the log");
    if (errnoOf(error) === Errno.EOWNERDEAD) void this.abandon();
  }

  async #trouble(
    error: Error,
    step: "write" | "fsync",
    rest: Buffer = NOTHING,
    mark: Mark = this.#mark,
  ): Promise<void> {
    this.#note(error);
    await this.#runner.perform(this.#policy.failed(step, errnoOf(error)), rest, mark);
  }

  #applied(mark: Mark | undefined): Mark {
    return mark === undefined ? this.#mark : this.#lives.total(mark);
  }
}
