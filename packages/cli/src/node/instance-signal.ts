import type { AuditdInstance } from "@cauditd/auditd";
import { type AuditdSignal, AuditError, Errno } from "@cauditd/libaudit";
import { localClock, localTimes } from "../search/local-clock.ts";

/** Why there is nothing to rotate to. */
export const NO_ROTATION =
  "rotation needs an auditd.conf with write_logs, and num_logs from 2 or KEEP_LOGS";

/**
 * Does what auditd does at a signal: HUP reloads, USR1 rotates, USR2 resumes, CONT reports.
 * @param reload reads the instance's settings again
 * @throws EOPNOTSUPP for others, EINVAL where there is nothing to rotate to, EIO when it cannot
 * resume
 */
export async function signalInstance(
  instance: AuditdInstance,
  signal: AuditdSignal,
  reload?: (instance: AuditdInstance) => Promise<void>,
): Promise<void> {
  const what = `signal ${signal} to ${instance.name}`;
  if (signal === "HUP" && reload !== undefined) await reload(instance);
  else if (signal === "USR1") {
    if (!(await instance.rotate())) throw new AuditError(Errno.EINVAL, `${what}: ${NO_ROTATION}`);
  } else if (signal === "USR2") {
    if (!(await instance.resume())) throw new AuditError(Errno.EIO, what);
  } else if (signal === "CONT") await instance.dumpState(localTimes.stamp(localClock.now()));
  else throw new AuditError(Errno.EOPNOTSUPP, what);
}
