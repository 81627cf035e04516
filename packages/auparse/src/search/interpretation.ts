import { RecordType } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "../event.ts";
import { ENRICHMENT_SEPARATOR } from "../fields.ts";
import type { UserNameSource } from "./facts.ts";
import { unescapeAt } from "./text.ts";

const ROOT = 0;
const UNSET = 0xffff_ffff;

/**
 * The names that an ENRICHED record brings along: only those of the event's first record count,
 * and only when it is a SYSCALL or stands alone. Other names are looked up on this machine.
 */
export class Interpretation {
  readonly #names: Map<string, string> = new Map();
  readonly #lookup: (uid: number) => string | undefined;

  constructor(lookup: (uid: number) => string | undefined) {
    this.#lookup = lookup;
  }

  /** Takes the names of this event. */
  load(event: AuditEvent): void {
    this.#names.clear();
    if (event.count !== 1 && event.types[0] !== RecordType.SYSCALL) return;
    const buf = event.buffers[0] as Buffer;
    const line = buf.subarray(event.starts[0], event.ends[0]);
    const separator = line.indexOf(ENRICHMENT_SEPARATOR);
    if (separator < 0) return;
    for (const word of line.toString("latin1", separator + 1).split(" ")) {
      const equals = word.indexOf("=");
      if (equals <= 0) continue;
      const name = word.slice(0, equals).toLowerCase();
      if (!this.#names.has(name)) this.#names.set(name, word.slice(equals + 1));
    }
  }

  /** A value that the record interprets, as it stands there. */
  value(name: string): string | undefined {
    return this.#names.get(name);
  }

  /** The name of a user. */
  readonly userName: UserNameSource = (field, id) => {
    const value = this.#names.get(field);
    if (value !== undefined) return plain(value);
    if (id === ROOT) return "root";
    return id === UNSET ? "unset" : this.#lookup(id);
  };
}

function plain(value: string): string {
  const quoted = /^"([^"]*)"?/.exec(value);
  return quoted?.[1] ?? unescapeAt(value, 0) ?? " ";
}
