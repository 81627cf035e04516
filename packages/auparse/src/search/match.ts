import { archName, RecordType } from "@cauditd/libaudit/vocabulary";
import type { AuditEvent } from "../event.ts";
import { ENRICHMENT_SEPARATOR } from "../fields.ts";
import { extractRecord, isSilent } from "./extract.ts";
import { type EventFacts, type Label, NO_ID, newReading, type Reading } from "./facts.ts";
import { Interpretation } from "./interpretation.ts";
import { type Query, wantedBy } from "./query.ts";
import { isWholeSyscall } from "./whole-syscall.ts";

const SEPARATOR = String.fromCharCode(ENRICHMENT_SEPARATOR);

/** The name of a user of this machine; undefined when there is none. */
export type PasswordLookup = (uid: number) => string | undefined;

/** The raw part of one record of an event, latin1. */
export function rawText(event: AuditEvent, index: number): string {
  const buf = event.buffers[index] as Buffer;
  const line = buf.toString("latin1", event.starts[index], event.ends[index]);
  const separator = line.indexOf(SEPARATOR);
  return separator < 0 ? line : line.slice(0, separator);
}

/**
 * Decides which events a query finds, as ausearch 3.0.9 does. The facts of the event that was
 * asked for last can be read until the next one is.
 */
export class Matcher {
  readonly #query: Query;
  readonly #reading: Reading;
  readonly #interpretation: Interpretation;
  readonly #named: boolean;
  /** No field is asked for: records only have to be whole. */
  readonly #unasked: boolean;

  readonly #malformed: (record: string) => void;

  /** @param malformed told of each record for which an event is not accepted, latin1 */
  constructor(
    query: Query,
    lookup: PasswordLookup = () => undefined,
    malformed: (record: string) => void = () => undefined,
  ) {
    this.#query = query;
    this.#malformed = malformed;
    this.#interpretation = new Interpretation(lookup);
    this.#reading = newReading(wantedBy(query), this.#interpretation.userName);
    const { uidName, euidName, auidName } = query;
    const { want } = this.#reading;
    const asked = Object.values(want).includes(true) || query.syscall !== -1;
    this.#unasked = !asked && !query.anyUid && !query.anyGid;
    this.#named = (uidName ?? euidName ?? auidName) !== undefined;
  }

  get facts(): EventFacts {
    return this.#reading.facts;
  }

  /** Whether the query finds this event. */
  matches(event: AuditEvent): boolean {
    const query = this.#query;
    if (query.start !== 0 && event.sec < query.start) return false;
    if (query.end !== 0 && event.sec > query.end) return false;
    if (query.serial !== NO_ID && query.serial !== event.serial) return false;
    if (query.nodes.length > 0 && !query.nodes.includes(event.node)) return false;
    if (query.types.length > 0 && !hasType(event, query.types)) return false;
    if (query.contid !== undefined && !hasContid(event, query.contid)) return false;
    if (this.#named) this.#interpretation.load(event);
    if (this.#unasked) return this.#areWhole(event);
    const { facts, want } = this.#reading;
    facts.reset();
    for (let i = 0; i < event.count; i++) {
      const type = event.types[i] as number;
      if (isSilent(type, want)) continue;
      if (!this.#accepts(type, rawText(event, i))) return false;
    }
    return (
      this.#users(facts) &&
      this.#groups(facts) &&
      this.#numbers(facts) &&
      this.#texts(facts) &&
      this.#contexts(facts.labels ?? [])
    );
  }

  #accepts(type: number, text: string): boolean {
    if (extractRecord(this.#reading, type, text)) return true;
    this.#malformed(text);
    return false;
  }

  /** Whether no record lacks what every search asks of it. */
  #areWhole(event: AuditEvent): boolean {
    const { types, buffers, bodies, ends, count, node } = event;
    let read = false;
    for (let i = 0; i < count; i++) {
      const type = types[i] as number;
      if (isSilent(type, this.#reading.want)) continue;
      if (type === RecordType.SYSCALL && node === "") {
        const body = bodies[i] as number;
        if (isWholeSyscall(buffers[i] as Buffer, body, ends[i] as number)) continue;
      }
      if (!read) this.#reading.facts.reset();
      read = true;
      if (!this.#accepts(type, rawText(event, i))) return false;
    }
    return true;
  }

  #users(facts: EventFacts): boolean {
    const { anyUid, uid, euid, auid, uidName, euidName, auidName } = this.#query;
    if (anyUid && uidName !== undefined) {
      // ausearch 3.0.9 crashes where one of the others was asked for by number.
      return (
        facts.uidName === uidName ||
        (euidName === undefined ? euid === facts.euid : euidName === facts.euidName) ||
        (auidName === undefined ? auid === facts.auid : auidName === facts.auidName)
      );
    }
    if (anyUid) return uid === facts.uid || euid === facts.euid || auid === facts.auid;
    // A name that is given makes numbers of other users count no more.
    if (this.#named) {
      return (
        (uidName === undefined || uidName === facts.uidName) &&
        (euidName === undefined || euidName === facts.euidName) &&
        (auidName === undefined || auidName === facts.auidName)
      );
    }
    const { want } = this.#reading;
    return (
      (!want.uid || uid === facts.uid) &&
      (!want.euid || euid === facts.euid) &&
      (!want.auid || auid === facts.auid)
    );
  }

  #groups(facts: EventFacts): boolean {
    const { anyGid, gid, egid } = this.#query;
    if (anyGid) return gid === facts.gid || egid === facts.egid;
    return (gid === NO_ID || gid === facts.gid) && (egid === NO_ID || egid === facts.egid);
  }

  #numbers(facts: EventFacts): boolean {
    const query = this.#query;
    const { want } = this.#reading;
    return (
      (!want.ppid || query.ppid === facts.ppid) &&
      (!want.pid || query.pid === facts.pid) &&
      (query.machine === undefined || query.machine === machineOf(facts.arch)) &&
      (query.syscall === -1 || query.syscall === facts.syscall) &&
      (!want.session || query.session === facts.session) &&
      (query.exit === undefined || query.exit === facts.exit) &&
      (query.success === -1 || query.success === facts.success)
    );
  }

  #texts(facts: EventFacts): boolean {
    const query = this.#query;
    return (
      (query.file === undefined || this.#file(query.file, facts)) &&
      this.#text(query.host, facts.host) &&
      this.#text(query.terminal, facts.terminal) &&
      this.#text(query.exe, facts.exe) &&
      this.#text(query.comm, facts.comm) &&
      (query.key === undefined || this.#anyKey(query.key, facts.keys)) &&
      this.#text(query.vm, facts.vm) &&
      this.#text(query.uuid, facts.uuid)
    );
  }

  #text(wanted: string | undefined, found: string | undefined): boolean {
    return wanted === undefined || (found !== undefined && this.#same(wanted, found));
  }

  #same(wanted: string, found: string): boolean {
    return this.#query.word ? found === wanted : found.includes(wanted);
  }

  #anyKey(wanted: string, keys: readonly string[] | undefined): boolean {
    return keys?.some((key) => this.#same(wanted, key)) === true;
  }

  #file(wanted: string, { files, cwd }: EventFacts): boolean {
    return (
      files?.some(({ name }) => this.#same(wanted, name)) === true ||
      (cwd !== undefined && this.#same(wanted, cwd))
    );
  }

  #contexts(labels: readonly Label[]): boolean {
    const { subject, object, eitherContext } = this.#query;
    const isSubject = (label: Label): boolean =>
      subject !== undefined && this.#text(subject, label.subject);
    const isObject = (label: Label): boolean =>
      object !== undefined && this.#text(object, label.object);
    if (eitherContext) return labels.some((label) => isSubject(label) || isObject(label));
    // ausearch looks at the object only when no subject is asked for.
    if (subject !== undefined) return labels.some(isSubject);
    return object === undefined || labels.some(isObject);
  }
}

function hasType(event: AuditEvent, types: readonly number[]): boolean {
  for (let i = 0; i < event.count; i++) {
    if (types.includes(event.types[i] as number)) return true;
  }
  return false;
}

/** The machine of an ELF architecture; undefined for none that audit knows. */
export function machineOf(arch: number): string | undefined {
  return archName(arch);
}

function hasContid(event: AuditEvent, contid: bigint): boolean {
  for (let i = 0; i < event.count; i++) {
    if (event.types[i] !== RecordType.CONTAINER_ID) continue;
    const list = / contid=(\S+)/.exec(rawText(event, i))?.[1] ?? "";
    if (contidsOf(list).includes(contid)) return true;
  }
  return false;
}

/** Every contid of a chain, or of the chains of a list. */
function contidsOf(list: string): readonly bigint[] {
  return list.split(",").flatMap((text) => {
    const digits = /^\^?(\d{1,20})$/.exec(text)?.[1];
    return digits === undefined ? [] : [BigInt(digits)];
  });
}
