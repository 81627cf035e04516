// A lock between processes: a directory that holds one file, named after its owner. Every step
// is one rename, so two processes never both believe that they hold it, not even when they take
// over the lock of a dead process at the same time.
import { randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SetupError, say } from "./child.mjs";

const POLL_MS = 100;
const WAIT_MS = 30 * 60_000;
const FOREIGN_STALE_MS = 30 * 60_000;

/**
 * Runs `work` while this process holds the lock `dir`. Waits for a living owner, at most half an
 * hour; takes over from a dead one. Processes of other hosts (or containers) that share the
 * directory cannot be looked at: their lock is dead when it is half an hour old.
 * @template T
 * @param {string} dir
 * @param {() => Promise<T>} work
 * @param {{ signal?: AbortSignal | undefined }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(dir, work, { signal } = {}) {
  const me = ownerName(process.pid);
  await acquire(dir, me, signal);
  try {
    return await work();
  } finally {
    release(dir, me);
  }
}

/**
 * The name of an owner: host, process id, start time of the process, and a random part.
 * @param {number} pid
 * @returns {string}
 */
export function ownerName(pid) {
  const host = hostname().replaceAll(/[^\w.-]/g, "_");
  return [host, pid, startTime(pid), randomBytes(6).toString("hex")].join("~");
}

/**
 * Whether the process behind an owner's file in `dir` is gone.
 * @param {string} dir
 * @param {string} owner
 * @returns {boolean}
 */
export function isDead(dir, owner) {
  const [host = "", pidText = "", started = ""] = owner.split("~");
  const pid = Number(pidText);
  if (host !== ownerName(process.pid).split("~")[0] || !Number.isSafeInteger(pid) || pid <= 0) {
    const stat = statSync(path.join(dir, owner), { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs > FOREIGN_STALE_MS;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
  return startTime(pid) !== started;
}

/**
 * @param {string} dir
 * @param {string} me
 * @param {AbortSignal | undefined} signal
 */
async function acquire(dir, me, signal) {
  const parent = path.dirname(dir);
  mkdirSync(parent, { recursive: true });
  const own = mkdtempSync(path.join(parent, ".lock-"));
  writeFileSync(path.join(own, me), "");
  const deadline = Date.now() + WAIT_MS;
  let told = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (tryTake(dir, own, me)) {
        return;
      }
      if (!told) {
        told = true;
        say(`waiting for another set-up in this clone (${path.relative(".", dir)})`);
      }
      if (Date.now() > deadline) {
        throw new SetupError(`waited half an hour for ${dir}; remove it if no set-up is running`);
      }
      await delay(POLL_MS);
    }
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/**
 * One attempt. A directory can be renamed onto an absent or empty one only.
 * @param {string} dir
 * @param {string} own
 * @param {string} me
 * @returns {boolean}
 */
function tryTake(dir, own, me) {
  try {
    renameSync(own, dir);
    return true;
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(codeOf(error))) {
      throw error;
    }
  }
  try {
    const [owner] = readdirSync(dir);
    if (owner === undefined || !isDead(dir, owner)) {
      return false;
    }
    renameSync(path.join(dir, owner), path.join(dir, me));
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return false;
    }
    throw error;
  }
}

/**
 * @param {string} dir
 * @param {string} me
 */
function release(dir, me) {
  try {
    unlinkSync(path.join(dir, me));
    rmdirSync(dir);
  } catch (error) {
    // Between the two steps the empty directory may already be somebody else's lock.
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(codeOf(error))) {
      throw error;
    }
  }
}

/**
 * Start time of a process in clock ticks since boot (proc(5), stat field 22); "" when unknown.
 * It tells a process from a later one with the same id.
 * @param {number} pid
 * @returns {string}
 */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code ?? "";
}
