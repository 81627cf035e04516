import { RecordType } from "@cauditd/libaudit/vocabulary";
import {
  readAnomaly,
  readAvc,
  readChange,
  readIntegrity,
  readPacket,
  readTty,
} from "./extract-kernel.ts";
import { readAvcPath, readCwd, readPath, readSockaddr } from "./extract-path.ts";
import { readKernelTask, readObject, readSyscall, readTask } from "./extract-task.ts";
import { readConnection, readDaemon, readLogin, readUser } from "./extract-user.ts";
import type { Reading, Wanted } from "./facts.ts";

type RecordReader = (reading: Reading) => unknown;

function readIfObject(reading: Reading): void {
  if (reading.want.object) readObject(reading);
}

/** Who reads which type; one that is not here says nothing that is searched for. */
const readers: ReadonlyMap<number, RecordReader> = new Map<number, RecordReader>([
  [RecordType.SYSCALL, readSyscall],
  [RecordType.CWD, readCwd],
  [RecordType.AVC_PATH, readAvcPath],
  [RecordType.PATH, readPath],
  [RecordType.SOCKADDR, readSockaddr],
  [RecordType.LOGIN, readLogin],
  [RecordType.IPC, readIfObject],
  [RecordType.OBJ_PID, readIfObject],
  [RecordType.DAEMON_START, readDaemon],
  [RecordType.DAEMON_END, readDaemon],
  [RecordType.DAEMON_ABORT, readDaemon],
  [RecordType.DAEMON_CONFIG, readDaemon],
  [RecordType.DAEMON_ROTATE, readDaemon],
  [RecordType.DAEMON_RESUME, readDaemon],
  [RecordType.DAEMON_ACCEPT, readConnection],
  [RecordType.DAEMON_CLOSE, readConnection],
  [RecordType.CONFIG_CHANGE, readChange],
  [RecordType.AVC, readAvc],
  [RecordType.USER_AVC, readAvc],
  [RecordType.NETFILTER_PKT, readPacket],
  [RecordType.FEATURE_CHANGE, readTask],
  [RecordType.ANOM_LINK, readTask],
  [RecordType.SECCOMP, readAnomaly],
  [RecordType.ANOM_PROMISCUOUS, readAnomaly],
  [RecordType.ANOM_ABEND, readAnomaly],
  [RecordType.NETFILTER_CFG, readKernelTask],
  [RecordType.EVENT_LISTENER, readKernelTask],
  [RecordType.TTY, readTty],
]);

/** Who reads the records of a type; undefined for those that say nothing. */
export function readerOf(type: number): RecordReader | undefined {
  const reader = readers.get(type);
  if (reader !== undefined) return reader;
  if (type >= RecordType.MAC_POLICY_LOAD && type <= RecordType.MAC_UNLBL_STCDEL) return readChange;
  if (type >= RecordType.INTEGRITY_DATA && type <= RecordType.INTEGRITY_RULE) return readIntegrity;
  const user = type === RecordType.USER || (type >= 1100 && type <= 1199) || isSecond(type);
  return user ? readUser : undefined;
}

/** Whether the records of a type say nothing, and are never bad, when only this is asked for. */
export function isSilent(type: number, want: Wanted): boolean {
  switch (type) {
    case RecordType.CWD:
    case RecordType.AVC_PATH:
      return want.file !== true;
    case RecordType.PATH:
      return want.file !== true && want.object !== true;
    case RecordType.SOCKADDR:
      return want.file !== true && want.host !== true;
    case RecordType.IPC:
    case RecordType.OBJ_PID:
      return want.object !== true;
    default:
      return readerOf(type) === undefined;
  }
}

function isSecond(type: number): boolean {
  return type >= 2100 && type <= 2999;
}

/**
 * Reads one record into the facts of its event (ausearch: which field of which record counts).
 * @param text the raw part of the record, latin1
 * @returns false when the record lacks what it must have, and its event is not to be found
 */
export function extractRecord(reading: Reading, type: number, text: string): boolean {
  const reader = readerOf(type);
  if (reader === undefined) return true;
  reading.type = type;
  reading.cursor.reset(text);
  reader(reading);
  return !reading.cursor.bad;
}
