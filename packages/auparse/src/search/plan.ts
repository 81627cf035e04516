import { NO_ID, NO_LOGIN } from "./facts.ts";
import { machineOf, type PasswordLookup } from "./match.ts";
import type { Query } from "./query.ts";
import type { Segment } from "./segment.ts";
import type { TermGroup } from "./terms.ts";
import { signed64 } from "./text.ts";

/** Decides whether a term can be of an event that is searched. */
type TermTest = (value: string) => boolean;

/** One thing that is asked: a term of any of these groups has to pass. */
type Criterion = readonly (readonly [TermGroup, TermTest])[];

/** For each run of a segment, one bit for each criterion that it may fulfil. */
export interface RunMarks {
  readonly masks: Uint32Array;
  /** Where runs with bits are, one more than once maybe; undefined = anywhere. */
  readonly some: readonly Uint32Array[] | undefined;
}

const isNumber = (number: number): TermTest => {
  const text = String(number >>> 0);
  return (value) => value === text;
};

/**
 * What the terms of an index say about a query. Runs that fail here cannot be of an event that the
 * query finds; for what passes, the records are read.
 */
export class SearchPlan {
  readonly #criteria: readonly Criterion[];
  readonly #query: Query;

  constructor(query: Query, lookup: PasswordLookup) {
    this.#query = query;
    this.#criteria = criteriaOf(query, lookup).slice(0, 31);
  }

  /** The index can leave out anything at all. */
  get selective(): boolean {
    const { serial, start, end, nodes } = this.#query;
    const bounded = start !== 0 || end !== 0;
    return this.#criteria.length > 0 || serial !== NO_ID || bounded || nodes.length > 0;
  }

  /** The bits that the masks of an event's runs have to have together. */
  get needed(): number {
    return 2 ** this.#criteria.length - 1;
  }

  /** What the plan says of the runs of a segment. */
  marks(segment: Segment): RunMarks {
    const masks = new Uint32Array(segment.count);
    if (this.#criteria.length === 0) return { masks, some: undefined };
    const lists: Uint32Array[] = [];
    let all = false;
    for (const [index, criterion] of this.#criteria.entries()) {
      const bit = 1 << index;
      for (const [group, test] of criterion) {
        const { terms, any } = segment.terms(group, test);
        for (const runs of [any, ...terms.map((term) => term.runs)]) {
          if (runs === undefined) {
            all = true;
            for (let run = 0; run < masks.length; run++) masks[run] = (masks[run] as number) | bit;
          } else if (runs.length > 0) {
            lists.push(runs);
            for (const run of runs) masks[run] = (masks[run] as number) | bit;
          }
        }
      }
    }
    return { masks, some: all ? undefined : lists };
  }
}

function criteriaOf(query: Query, lookup: PasswordLookup): Criterion[] {
  const criteria: Criterion[] = [];
  const ask = (...criterion: Criterion): void => void criteria.push(criterion);
  const types = new Set(query.types.map(String));
  if (types.size > 0) ask(["type", (value) => types.has(value)]);
  if (query.contid !== undefined) ask(["contid", is(String(query.contid))]);
  if (query.pid !== -1) ask(["pid", isNumber(query.pid)]);
  if (query.ppid !== -1) ask(["ppid", isNumber(query.ppid)]);
  if (query.session !== NO_LOGIN) ask(["session", isNumber(query.session)]);
  users(query, lookup, ask);
  if (query.anyGid) {
    // What no record has equals what is asked for when that is -1. A later option may have asked
    // for another number of one of both; the terms of `gid` are those of `egid` too.
    const { gid, egid } = query;
    if (gid !== NO_ID && egid !== NO_ID) ask(["gid", isNumber(gid)], ["gid", isNumber(egid)]);
  } else {
    if (query.gid !== NO_ID) ask(["gid", isNumber(query.gid)]);
    if (query.egid !== NO_ID) ask(["egid", isNumber(query.egid)]);
  }
  const { machine, exit } = query;
  if (machine !== undefined) ask(["arch", (value) => machineOf(Number(value)) === machine]);
  // An event without a call has call 0.
  if (query.syscall > 0) ask(["syscall", isNumber(query.syscall)]);
  if (exit !== undefined) ask(["exit", (value) => signed64(value) === exit]);
  if (query.success === 0) ask(["failed", () => true]);
  texts(query, ask);
  return criteria;
}

const is =
  (text: string): TermTest =>
  (value) =>
    value === text;

/** Users by number, or by the name that a record or this machine gives a number. */
function users(query: Query, lookup: PasswordLookup, ask: (...all: Criterion) => void): void {
  const { uidName, euidName, auidName } = query;
  const named = (name: string): TermTest => {
    return (value) =>
      (value === "0" && name === "root") ||
      (value === String(NO_ID) && name === "unset") ||
      lookup(Number(value)) === name;
  };
  if (query.anyUid) {
    // As with groups: each may have been asked for anew, and `uid` has the terms of all.
    const { uid, euid, auid } = query;
    const byName = uidName !== undefined;
    const unset = (name: string | undefined, id: number, none: number): boolean =>
      id === none && !(byName && name !== undefined);
    if (unset(uidName, uid, NO_ID) || unset(euidName, euid, NO_ID)) return;
    if (unset(auidName, auid, NO_LOGIN)) return;
    const either = (name: string | undefined, id: number): Criterion =>
      byName && name !== undefined
        ? [
            ["uid", named(name)],
            ["name", is(name)],
          ]
        : [["uid", isNumber(id)]];
    ask(...either(uidName, uid), ...either(euidName, euid), ...either(auidName, auid));
    return;
  }
  if ((uidName ?? euidName ?? auidName) !== undefined) {
    if (uidName !== undefined) ask(["uid", named(uidName)], ["name", is(uidName)]);
    if (euidName !== undefined) ask(["euid", named(euidName)], ["name", is(euidName)]);
    if (auidName !== undefined) ask(["auid", named(auidName)], ["name", is(auidName)]);
    return;
  }
  if (query.uid !== NO_ID) ask(["uid", isNumber(query.uid)]);
  if (query.euid !== NO_ID) ask(["euid", isNumber(query.euid)]);
  if (query.auid !== NO_LOGIN) ask(["auid", isNumber(query.auid)]);
}

function texts(query: Query, ask: (...all: Criterion) => void): void {
  // Terms can be longer than what is compared, so whole words are not asked for.
  const has =
    (wanted: string): TermTest =>
    (value) =>
      value.includes(wanted);
  const { key, file, exe, comm, host, terminal, vm, uuid, subject, object } = query;
  if (key !== undefined) ask(["key", has(key)]);
  if (file !== undefined) ask(["file", has(file)]);
  if (exe !== undefined) ask(["exe", has(exe)]);
  if (comm !== undefined) ask(["comm", has(comm)]);
  if (host !== undefined) ask(["host", has(host)]);
  if (terminal !== undefined) ask(["terminal", has(terminal)]);
  if (vm !== undefined) ask(["vm", has(vm)]);
  if (uuid !== undefined) ask(["uuid", has(uuid)]);
  const context = subject ?? object;
  if (context !== undefined) ask(["context", has(context)]);
}
