import { isUserRecord, RecordType } from "@cauditd/libaudit";

/**
 * Which event is lost when the backlog is full: the one that comes (the kernel's way), the oldest
 * that waits, or the oldest of the lowest priority that waits if that is lower than its own.
 */
export const OVERFLOW_POLICIES = ["newest", "oldest", "priority"] as const;
/** One of the three. */
export type OverflowPolicy = (typeof OVERFLOW_POLICIES)[number];

/** The priorities of events, from the first that is given up. */
export const Priority = {
  /** System calls, and what belongs to them. */
  CALL: 0,
  /** What programs send: logins, sudo, services. */
  USER: 1,
  /** What the kernel decided: access denied, anomalies, integrity, logins. */
  SECURITY: 2,
  /** Changes of auditing itself. */
  CONTROL: 3,
} as const;
/** Priority of an event. */
export type Priority = (typeof Priority)[keyof typeof Priority];

/** How many priorities there are. */
export const PRIORITIES = 4;

const CONTROLS: ReadonlySet<number> = new Set([
  RecordType.CONFIG_CHANGE,
  RecordType.FEATURE_CHANGE,
  RecordType.EVENT_LISTENER,
  RecordType.KERNEL,
  RecordType.CONTAINER_OP,
  RecordType.SET_CAPCONTID,
]);

/** Priority of one record, by its type. */
export function recordPriority(type: number): Priority {
  if (CONTROLS.has(type) || (type >= 1200 && type <= 1299)) return Priority.CONTROL;
  if (isUserRecord(type)) return Priority.USER;
  const isSecurity =
    type === RecordType.LOGIN ||
    type === RecordType.SECCOMP ||
    (type >= 1400 && type <= 1499) ||
    (type >= 1500 && type <= 1599) ||
    (type >= 1700 && type <= 1999);
  return isSecurity ? Priority.SECURITY : Priority.CALL;
}

const PRIORITY_OF_TYPE: Uint8Array = Uint8Array.from({ length: 4096 }, (_, type) =>
  recordPriority(type),
);

/**
 * Priority of an event: the highest of its records'.
 * @param types record types; `stride` numbers for each record, its type first
 */
export function eventPriority(
  types: { readonly [index: number]: number },
  first: number,
  records: number,
  stride = 1,
): Priority {
  let highest: number = Priority.CALL;
  for (let i = 0; i < records; i++) {
    const priority = PRIORITY_OF_TYPE[types[first + i * stride] as number] ?? Priority.CALL;
    if (priority > highest) highest = priority;
  }
  return highest as Priority;
}

/** Where accepted events wait, seen by the instance that needs room. */
export interface Evictable {
  /** Gives up the oldest event that waits. @returns its serial, or -1 when none waits */
  evictOldest(): number;
  /**
   * Gives up the oldest event of the lowest priority that waits, if that is lower than `priority`.
   * @returns its serial, or -1 when there is none
   */
  evictBelow(priority: number): number;
}
