// What has to be done when the containers of the configuration are others than before.
import { MAX_SCOPES } from "@cauditd/kernel";
import { formatContid } from "@cauditd/libaudit";

/** A container that is there. */
export interface ListedContainer {
  readonly name: string;
  readonly contid: bigint;
  readonly pid: number;
  readonly parent?: bigint | undefined;
  /** Registered by a request: the configuration does not know it. */
  readonly live: boolean;
}

/** A container as a configuration has it; a source that makes its tasks itself gives the pid. */
export interface WantedContainer {
  readonly name: string;
  readonly contid: bigint;
  readonly pid?: number | undefined;
  readonly parent?: bigint | undefined;
}

/** The way from one to the other. */
export interface ContainerPlan {
  /** To be ended, nested ones first. */
  readonly end: readonly ListedContainer[];
  /** To be begun, parents first. */
  readonly begin: readonly WantedContainer[];
  /** The same as before, but the configuration's now, or with another first task. */
  readonly claim: readonly WantedContainer[];
  /** Why it cannot be gone; nothing is to be done then. */
  readonly problems: readonly string[];
}

/**
 * Compares what is there with what is wanted. A container is the same one while its name, its
 * contid and the one that it is nested in are; else the old one ends, and another begins.
 * @param wanted sound by itself, parents first
 */
export function planContainers(
  listed: readonly ListedContainer[],
  wanted: readonly WantedContainer[],
): ContainerPlan {
  const problems: string[] = [];
  const known = new Map(listed.map((one) => [one.contid, one]));
  const kept = new Map<bigint, WantedContainer>();
  for (const one of wanted) {
    const { parent } = one;
    // What is nested in one that begins anew does so, too.
    const isAt = parent === undefined || kept.has(parent);
    if (isAt && isSame(known.get(one.contid), one)) kept.set(one.contid, one);
  }
  const end = listed.filter(({ contid, live }) => !(live || kept.has(contid))).reverse();
  const staying = listed.filter(({ contid, live }) => live && !kept.has(contid));
  const ending = new Set(end.map(({ contid }) => contid));
  for (const { name, parent } of staying) {
    if (parent === undefined || !ending.has(parent)) continue;
    const around = known.get(parent)?.name;
    problems.push(`${around}: ${name} was registered in it, and has to be ended first`);
  }
  const begin = wanted.filter(({ contid }) => !kept.has(contid));
  for (const one of wanted) {
    for (const other of staying) {
      if (other.contid === one.contid) {
        const contid = formatContid(one.contid);
        problems.push(`${one.name}: contid ${contid} was registered for ${other.name}`);
      } else if (other.name === one.name) {
        problems.push(`${one.name}: this name was registered for ${formatContid(other.contid)}`);
      }
    }
  }
  // One scope is the host's.
  const scopes = staying.length + wanted.length + 1;
  if (scopes > MAX_SCOPES) problems.push(`${scopes} scopes, at most ${MAX_SCOPES}`);
  const claim = [...kept.values()].filter(({ contid, pid }) => {
    const one = known.get(contid);
    return one?.live === true || (pid !== undefined && pid !== one?.pid);
  });
  return { end, begin, claim, problems };
}

function isSame(one: ListedContainer | undefined, other: WantedContainer): boolean {
  return one !== undefined && one.name === other.name && one.parent === other.parent;
}
