/** Requests of the audit netlink socket by name. Source: linux/audit.h; 1021 is of the patches. */
export const NetlinkRequest = {
  GET: 1000,
  SET: 1001,
  LIST: 1002,
  ADD: 1003,
  DEL: 1004,
  SIGNAL_INFO: 1010,
  ADD_RULE: 1011,
  DEL_RULE: 1012,
  LIST_RULES: 1013,
  TRIM: 1014,
  MAKE_EQUIV: 1015,
  TTY_GET: 1016,
  TTY_SET: 1017,
  SET_FEATURE: 1018,
  GET_FEATURE: 1019,
  SIGNAL_INFO2: 1021,
} as const;

const LISTS: ReadonlySet<number> = new Set([
  NetlinkRequest.LIST,
  NetlinkRequest.ADD,
  NetlinkRequest.DEL,
]);
const CONTROLS: ReadonlySet<number> = new Set(
  Object.values(NetlinkRequest).filter((type) => !LISTS.has(type)),
);

/** The requests about rules of kernels before 2.6.16. */
export function isListRequest(type: number): boolean {
  return LISTS.has(type);
}

/** The requests that need CAP_AUDIT_CONTROL. Source: kernel audit_netlink_ok, and CID-73. */
export function isControlRequest(type: number): boolean {
  return CONTROLS.has(type);
}

/** Number of a request by its name, `AUDIT_` in front or not; undefined for any other text. */
export function netlinkRequestNumber(text: string): number | undefined {
  const name = text.startsWith("AUDIT_") ? text.slice(6) : text;
  return Object.entries(NetlinkRequest).find(([known]) => known === name)?.[1];
}
