// Which worker serves which scope: decided alike by every worker, from what all of them see.

/** How much of an equal share of the scopes a worker has at most: less of it moves more of them. */
const SLACK = 1.25;

/** Who serves a scope. */
export interface Ownership {
  /** One life of a worker. */
  readonly worker: string;
  /** Rises with every change of owner of any scope: a later owner has a higher one. */
  readonly token: number;
}

/** The scopes that have an owner, and the highest token given. */
export interface OwnerTable {
  readonly token: number;
  readonly owners: ReadonlyMap<string, Ownership>;
}

/** What a worker sees when it looks for work. */
export interface PlacementView {
  /** This life of this worker. */
  readonly self: string;
  /** The workers that live, this one among them. */
  readonly workers: ReadonlySet<string>;
  /** The scopes that are registered. */
  readonly scopes: ReadonlySet<string>;
  readonly table: OwnerTable;
  /** Scopes of this worker that it has stopped serving. */
  readonly stopped: ReadonlySet<string>;
}

/** What a worker makes of it. */
export interface Placement {
  /** The table as this worker wants it. */
  readonly table: OwnerTable;
  /** False when that is the table as it is. */
  readonly changed: boolean;
  /** Scopes that this worker should stop serving: they are gone, or another's. */
  readonly release: readonly string[];
}

/**
 * A worker takes the scopes without a living owner that fall to it. It gives up those that fall to
 * another living worker, or are not registered any more, once it has stopped serving them. Nobody
 * takes a scope whose owner lives.
 */
export function place(view: PlacementView): Placement {
  const { self, workers, scopes, table, stopped } = view;
  const owners = new Map(table.owners);
  const release: string[] = [];
  const falls = assigned(scopes, workers);
  let { token } = table;
  for (const [scope, { worker }] of table.owners) {
    if (worker === self) {
      if (falls.get(scope) === self && !stopped.has(scope)) continue;
      if (stopped.has(scope)) owners.delete(scope);
      else release.push(scope);
    } else if (!workers.has(worker) && !scopes.has(scope)) owners.delete(scope);
  }
  for (const scope of scopes) {
    if (stopped.has(scope)) continue;
    const owner = table.owners.get(scope)?.worker;
    if (owner !== undefined && workers.has(owner)) continue;
    if (falls.get(scope) !== self) continue;
    owners.set(scope, { worker: self, token: ++token });
  }
  const changed = token !== table.token || owners.size !== table.owners.size;
  return { table: { token, owners }, changed, release };
}

/**
 * The worker that each scope falls to: of those that have room the one with the highest hash of
 * both names, in the order of the scopes' names (rendezvous hashing with bounded loads). So no
 * worker has many more scopes than another, and few move when a worker or a scope comes or goes.
 * A worker that starts again has the same name and gets the same scopes; of two lives only one
 * gets any.
 */
export function assigned(
  scopes: ReadonlySet<string>,
  workers: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const lives = new Map([...workers].sort().map((worker) => [workerName(worker), worker]));
  const share = scopes.size / lives.size;
  const most = Math.max(Math.ceil(share), Math.floor(SLACK * share));
  const room = new Map([...lives.keys()].map((name) => [name, most]));
  const falls = new Map<string, string>();
  for (const scope of [...scopes].sort()) {
    const name = preferred(scope, room.keys());
    if (name === undefined) break;
    falls.set(scope, lives.get(name) as string);
    const left = (room.get(name) as number) - 1;
    if (left > 0) room.set(name, left);
    else room.delete(name);
  }
  return falls;
}

/** The name with the highest hash of both. */
function preferred(scope: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let most = -1;
  for (const name of names) {
    const weight = hash(`${name}/${scope}`);
    if (weight > most || (weight === most && best !== undefined && name > best)) {
      best = name;
      most = weight;
    }
  }
  return best;
}

/** The name of a worker, whatever its life: `NAME_life`. */
function workerName(worker: string): string {
  const end = worker.lastIndexOf("_");
  return end < 0 ? worker : worker.slice(0, end);
}

/** FNV-1a, 32 bits, with a last mix so that names that differ at their end differ everywhere. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
