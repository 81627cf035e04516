// User messages: auditctl -m, and whatever may write them.
import { AuditError, Errno, isUserRecord } from "@cauditd/libaudit";
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
export function userRecord(call: Call, { type, text }: Body<"user-record">): null {
  // The NUL behind the text counts (AUD-88).
  call.authorise("user-record", { type, length: text.length + 1 }, `type=${type}`);
  if (!isUserRecord(type)) throw new AuditError(Errno.EINVAL, `user-record: type ${type}`);
  const home = call.home;
  const served = call.node.instanceOf(home);
  if (served?.instance.status.enabled === 0 && type !== USER_AVC) return null;
  const { pid, uid, auid, ses, subj } = call.principal.subject;
  const label = subj === undefined ? "" : ` subj=${subj}`;
  const said = type === USER_TTY ? `data=${quoted(text)}` : `msg='${text}'`;
  const body = `pid=${pid} uid=${uid} auid=${auid} ses=${ses}${label} ${said}`;
  call.record({ type, body }, home);
  return null;
}
