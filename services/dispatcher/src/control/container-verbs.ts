// What can be asked about containers and tasks.
import type { Container, ContidTarget, ControlRecord, ScopeAccount } from "@cauditd/kernel";
import {
  AuditError,
  type Chain,
  CONTID_UNSET,
  type ContidResult,
  Errno,
  formatChain,
  formatContid,
  parseContid,
  RecordType,
} from "@cauditd/libaudit";
import type { Body } from "./bodies.ts";
import type { Call } from "./call.ts";
import { homeOf, type Principal } from "./principal.ts";

/** Who registered each container; those of the configuration are the host's. */
export type Owners = Map<Container, Principal>;

/** One instance, as `instances` lists it. */
export interface ListedInstance {
  readonly name: string;
  /** `host`, or the contid. */
  readonly scope: string;
  /** Contid of the container that it is nested in; null = none. */
  readonly parent: string | null;
  readonly enabled: number;
  readonly rules: number;
  readonly serial: number;
  readonly backlog: number;
  readonly lost: number;
  readonly account: Readonly<ScopeAccount>;
}

/**
 * The instances that the caller may read: those that it would get a status of. `away`: the names
 * of those that no process answers for.
 */
export async function instances(
  call: Call,
  mayRead: (scope: bigint | undefined) => boolean,
): Promise<{ readonly instances: readonly ListedInstance[]; readonly away: readonly string[] }> {
  const away: string[] = [];
  const list = async (container: Container | undefined): Promise<ListedInstance | undefined> => {
    const served = call.node.instanceOf(container);
    if (served === undefined || !mayRead(container?.contid)) return undefined;
    const { name } = served;
    const answer = await served.ask({ verb: "summary" }).catch(() => undefined);
    if (answer === undefined) {
      away.push(name);
      return undefined;
    }
    const scope = container === undefined ? "host" : formatContid(container.contid);
    const parent = parentSeen(container, call.credentials.chain);
    const summary = answer.result as Omit<ListedInstance, "name" | "scope" | "parent">;
    return { name, scope, parent, ...summary };
  };
  const all = [undefined, ...call.node.registry.containers];
  const listed = await Promise.all(all.map(list));
  return { instances: listed.filter((one) => one !== undefined), away };
}

/** Nobody inside a container learns the contids around it (CID-93). */
function parentSeen(container: Container | undefined, chain: Chain): string | null {
  const parent = container?.parent;
  if (parent === undefined) return null;
  const hidden = chain.length > 0 && container?.contid === chain[0];
  return hidden ? null : formatContid(parent.contid);
}

/** Writes a contid: registers a container, or puts another task of the owner's into it. */
export async function register(
  call: Call,
  body: Body<"register">,
  owners: Owners,
): Promise<{ readonly name: string; readonly contid: string }> {
  const { node, principal } = call;
  const { pid } = body;
  const read = parseContid(body.contid);
  const contid = read.ok ? read.contid : CONTID_UNSET;
  const current = node.containerOf(pid);
  const record = (container: Container | undefined, done: boolean): void => {
    const old = current === undefined ? "-1" : formatChain(current.chain);
    const text = `op=set opid=${pid} contid=${formatContid(contid)} old-contid=${old}`;
    const made = ownRecord(RecordType.CONTAINER_OP, text, principal, done);
    if (done) call.record(made, container);
    else call.recordRefusal(made, container);
  };
  const errno = call.check("contid-set", contidTarget(call, body, read, owners));
  if (errno !== 0) {
    // What could not be read, or is of no task, is not recorded (CID-125).
    if (read.ok && errno !== Errno.ESRCH) record(call.home, false);
    throw new AuditError(errno, `register contid ${JSON.stringify(body.contid)}`);
  }
  try {
    const existing = node.registry.find(contid);
    if (existing !== undefined) {
      await node.adopt(existing, pid);
      record(existing, true);
      return { name: existing.name, contid: formatContid(contid) };
    }
    const parent = parentOf(call, body.parent);
    const container = await node.register(
      {
        name: body.name ?? `c${formatContid(contid)}`,
        contid,
        pid,
        ...(parent === undefined ? {} : { parent: parent.contid }),
      },
      principal.name,
    );
    owners.set(container, principal);
    record(container, true);
    return { name: container.name, contid: formatContid(contid) };
  } catch (error) {
    record(call.home, false);
    throw error;
  }
}

/** The container that a new one is nested in: the caller's own (CID-46); the host may choose. */
function parentOf(call: Call, asked: bigint | undefined): Container | undefined {
  const { home } = call;
  if (asked === undefined) return home;
  const parent = call.node.registry.find(asked);
  if (call.credentials.chain.length > 0 && parent !== home) {
    throw new AuditError(Errno.EPERM, "register: the parent is the caller's own container");
  }
  if (parent !== undefined) return parent;
  throw new AuditError(Errno.ENOENT, `register: parent ${formatContid(asked)} is not registered`);
}

function contidTarget(
  call: Call,
  body: Body<"register">,
  read: ContidResult,
  owners: Owners,
): ContidTarget {
  const { principal, credentials, node } = call;
  const current = node.containerOf(body.pid);
  const existing = read.ok ? node.registry.find(read.contid) : undefined;
  const state = node.taskState(body.pid);
  const target = {
    gone: state === "gone",
    offset: 0,
    text: read.ok ? 0 : read.errno,
    audited: true,
    unset: read.ok && read.contid === CONTID_UNSET,
    busy: state === "busy",
    descendant: isBelow(call, body.pid, current),
  };
  return {
    ...target,
    ...(current === undefined
      ? {}
      : {
          current: {
            // The host registers a nested container in place of an orchestrator inside: then it
            // names the parent.
            owned: ownedBy(owners, current, principal) && body.parent !== current.contid,
            below: credentials.chain.includes(current.contid) || body.parent === current.contid,
            shared: credentials.chain[0] === current.contid || body.parent === current.contid,
          },
        }),
    ...(existing === undefined
      ? {}
      : { existing: { owned: ownedBy(owners, existing, principal), live: true } }),
  };
}

/** Ends a container. What is left of it goes into its log first. */
export async function end(call: Call, body: Body<"end">, owners: Owners): Promise<null> {
  const { contid } = body;
  const container = call.node.registry.find(contid);
  const owned = container !== undefined && ownedBy(owners, container, call.principal);
  const what = `contid=${formatContid(contid)}`;
  call.authorise("container-end", { exists: container !== undefined, owned }, what);
  if (container === undefined) throw call.refuse(Errno.ENOENT, what);
  const chain = formatChain(container.chain);
  const text = `op=drop opid=${container.pid} contid=-1 old-contid=${chain}`;
  const record = ownRecord(RecordType.CONTAINER_OP, text, call.principal, true);
  if (call.node.registry.containers.some(({ parent }) => parent === container)) {
    throw call.refuse(Errno.EBUSY, what);
  }
  call.record(record, container);
  await call.node.end(contid);
  owners.delete(container);
  return null;
}

/** Reads a contid. */
export function contidOf(call: Call, body: Body<"contid">): { readonly contid: string } {
  const gone = call.node.taskState(body.pid) === "gone";
  call.authorise("contid-read", { gone }, `opid=${body.pid}`);
  const container = call.node.containerOf(body.pid);
  const { chain } = call.credentials;
  // The host's tasks and those of other containers are as if in none.
  const seen = container !== undefined && (chain.length === 0 || isWithin(container, chain));
  return { contid: formatContid(seen ? container.contid : CONTID_UNSET) };
}

/** Gives or takes capcontid: to the principal whose task has that pid. */
export function capcontidSet(
  call: Call,
  body: Body<"capcontid-set">,
  principals: ReadonlyMap<string, Principal>,
): null {
  const { pid, value } = body;
  const grantee = [...principals.values()].find(({ subject }) => subject.pid === pid);
  const home = grantee === undefined ? undefined : homeOf(grantee, call.node.registry);
  const errno = call.check("capcontid-set", {
    gone: grantee === undefined,
    offset: 0,
    text: 0,
    audited: true,
    flag: value === 0 || value === 1,
    descendant: isBelow(call, pid, home),
  });
  if (grantee === undefined) {
    throw new AuditError(Errno.ESRCH, `capcontid-set: no principal has pid ${pid}`);
  }
  const done = errno === 0;
  const text = `opid=${pid} capcontid=${value} old-capcontid=${grantee.capcontid ? 1 : 0}`;
  const record = ownRecord(RecordType.SET_CAPCONTID, text, call.principal, done);
  if (done) call.record(record, home);
  else call.recordRefusal(record, call.home);
  if (errno !== 0) throw new AuditError(errno, `capcontid-set opid=${pid}`);
  grantee.capcontid = value === 1;
  return null;
}

/** A record that no SYSCALL record goes with: it says itself who did it, and what came of it. */
function ownRecord(
  type: number,
  text: string,
  { subject }: Principal,
  done: boolean,
): ControlRecord {
  const { auid, ses, subj } = subject;
  const label = subj === undefined ? "" : ` subj=${subj}`;
  return { type, body: `${text} auid=${auid} ses=${ses}${label} res=${done ? 1 : 0}` };
}

/** Containers that nobody registered over the bus are the host's: whoever is on the host owns. */
function ownedBy(owners: Owners, container: Container, principal: Principal): boolean {
  const owner = owners.get(container);
  return owner === undefined ? principal.contid === undefined : owner === principal;
}

/** The task descends from the caller: everything does from the host's, else what is inside. */
function isBelow(call: Call, pid: number, container: Container | undefined): boolean {
  if (pid === call.principal.subject.pid) return false;
  const { chain } = call.credentials;
  if (chain.length === 0) return call.credentials.initUserns;
  return container !== undefined && isWithin(container, chain);
}

/** The container is the one of the chain, or nested in it. */
function isWithin(container: Container, chain: Chain): boolean {
  return chain[0] !== undefined && container.chain.includes(chain[0]);
}
