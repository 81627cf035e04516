// Who asks, in tests of control requests.
import type { ControlSubject } from "@cauditd/kernel";

/** root, logged in as 1000. */
export const ROOT: ControlSubject = { pid: 10, uid: 0, auid: 1000, ses: 3 };
