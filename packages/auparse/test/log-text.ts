// Lines of a log for the tests of streams.

/** An event of two records with this serial. */
export function eventOf(serial: number, text = ""): string {
  const stamp = `msg=audit(1700000000.${String(serial % 1000).padStart(3, "0")}:${serial}):`;
  return `type=SYSCALL ${stamp} syscall=59 ${text}\ntype=CWD ${stamp} cwd="/"\n`;
}

/** Events with the serials `first` to `last`. */
export function eventsOf(first: number, last: number, text = ""): string {
  let all = "";
  for (let serial = first; serial <= last; serial++) all += eventOf(serial, text);
  return all;
}

/** A record of an audit daemon. */
export function daemonRecord(serial: number, at = 1700000000): string {
  return `type=DAEMON_ROTATE msg=audit(${at}.500:${serial}): op=rotate-logs\n`;
}

/** What `logged` and `read` take. */
export function linesOf(first: number, last: number, text = "") {
  const bytes = Buffer.from(eventsOf(first, last, text));
  return { bytes, events: last - first + 1, first, last };
}

/** The serials of the events in some lines, in order. */
export function serialsOf(bytes: Uint8Array): number[] {
  const serials: number[] = [];
  for (const [, serial] of Buffer.from(bytes)
    .toString()
    .matchAll(/^type=\S+ msg=audit\(\S+:(\d+)\)/gm)) {
    if (serials.at(-1) !== Number(serial)) serials.push(Number(serial));
  }
  return serials;
}
