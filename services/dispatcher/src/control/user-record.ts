// User messages: auditctl -m, and whatever may write them.
import { AuditError, type AuditStatus, Errno, isUserRecord } from "@cauditd/libaudit";
import type { Body } from "./bodies.ts";
import type { Call } from "./call.ts";
import { quoted } from "./quoted.ts";

/** USER_AVC is taken even where auditing is off (CID-83). */
const USER_AVC = 1107;
/** USER_TTY has its text as data. */
const USER_TTY = 1124;

/**
 * A record from user space: it is the caller's own, in its scope and above, whatever else it may
 * do. Where auditing is off it is taken and dropped.
 */
export async function userRecord(call: Call, { type, text }: Body<"user-record">): Promise<null> {
  // The NUL behind the text counts (AUD-88).
  call.authorise("user-record", { type, length: text.length + 1 }, `type=${type}`);
  if (!isUserRecord(type)) throw new AuditError(Errno.EINVAL, `user-record: type ${type}`);
  const home = call.home;
  if (type !== USER_AVC && (await isOff(call))) return null;
  const { pid, uid, auid, ses, subj } = call.principal.subject;
  const label = subj === undefined ? "" : ` subj=${subj}`;
  const said = type === USER_TTY ? `data=${quoted(text)}` : `msg='${text}'`;
  const body = `pid=${pid} uid=${uid} auid=${auid} ses=${ses}${label} ${said}`;
  call.record({ type, body }, home);
  return null;
}

/** Whether auditing is off in the caller's scope; a scope whose instance is away is taken as on. */
async function isOff(call: Call): Promise<boolean> {
  const answer = await call.node
    .instanceOf(call.home)
    ?.ask({ verb: "status" })
    .catch(() => undefined);
  return (answer?.result as Pick<AuditStatus, "enabled"> | undefined)?.enabled === 0;
}
