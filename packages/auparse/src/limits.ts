/**
 * The longest payload text of one record, in bytes, as it leaves the kernel and auditd
 * (`MAX_AUDIT_MESSAGE_LENGTH` of libaudit).
 */
export const MAX_RECORD_BYTES = 8970;

/**
 * The longest line that is accepted, in bytes without its newline: a payload, as much
 * enrichment again, and room for `node=`, `type=` and `msg=`. Longer lines are not buffered.
 */
export const MAX_LINE_BYTES: number = 2 * MAX_RECORD_BYTES + 1024;

/** The longest node name, in bytes (auditd.conf `name`, HOST_NAME_MAX plus a domain). */
export const MAX_NODE_BYTES = 255;

/** The most nodes that one parser keeps apart; records of further nodes are refused. */
export const MAX_NODES = 4096;

/** An event with more records than this is cut; the rest becomes an event marked `late`. */
export const MAX_EVENT_RECORDS = 1024;

/** An event with more bytes than this is cut; the rest becomes an event marked `late`. */
export const MAX_EVENT_BYTES: number = 512 * 1024;

/** The most events that wait for their end; the oldest is evicted to make room. */
export const MAX_OPEN_EVENTS = 1024;

/** The most bytes of records that wait for their event's end. */
export const MAX_OPEN_BYTES: number = 32 * 1024 * 1024;

/** Milliseconds of event time after which an event is complete (AUD: end_of_event_timeout, 2 s). */
export const EVENT_TIMEOUT_MS = 2000;
