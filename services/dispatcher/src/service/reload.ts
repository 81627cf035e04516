// Containers that come and go with the configuration, while the host's records go on.
import type { Container, ControlRecord, Registration } from "@cauditd/kernel";
import { AuditError, CONTID_UNSET, Errno, formatChain, RecordType } from "@cauditd/libaudit";
import type { ControlledNode } from "../control/ports.ts";
import type { ContainerPlan, ListedContainer, WantedContainer } from "./container-plan.ts";

/** A node whose configuration is read again. */
export interface ReloadedNode extends Pick<ControlledNode, "registry" | "end" | "record"> {
  /** False for a source that is read again from its start: its containers must stay the same. */
  readonly changeable: boolean;
  /** All containers, parents first. */
  listed(): readonly ListedContainer[];
  /** Registers a container of the configuration. Errors as ContainerRegistry.register. */
  attach(registration: Registration): Promise<Container>;
  /** One that is there is the configuration's from now on, and a task of it is `pid`. */
  claim(container: Container, pid: number): Promise<void>;
}

/** A source that makes the tasks of its containers itself. */
export interface ContainerMaker {
  begin(container: WantedContainer): Registration;
  /** Ends its tasks, whose last records are handed to the node before it ends the container. */
  end(name: string): void;
}

/** What has been done, by the containers' names. */
export interface ReloadOutcome {
  readonly begun: readonly string[];
  readonly ended: readonly string[];
  /** Those whose first task is another one. */
  readonly moved: readonly string[];
  /** What could not be done, and why. */
  readonly failed: readonly string[];
}

/** auid and ses of what nobody asked for over the bus. */
const NOBODY = "auid=4294967295 ses=4294967295";

/** @throws EOPNOTSUPP where containers would have to come or go, and cannot */
export function checkChangeable(
  { changeable }: Pick<ReloadedNode, "changeable">,
  { end, begin, claim }: ContainerPlan,
): void {
  if (changeable || end.length + begin.length + claim.length === 0) return;
  throw new AuditError(
    Errno.EOPNOTSUPP,
    "containers: the source is a log, which is read with the same ones to its end",
  );
}

/**
 * Goes the way of a plan without problems. What fails is told, and does not keep the rest.
 * @throws as checkChangeable
 */
export async function reloadContainers(
  node: ReloadedNode,
  plan: ContainerPlan,
  maker: ContainerMaker | undefined,
): Promise<ReloadOutcome> {
  checkChangeable(node, plan);
  const [begun, ended, moved, failed]: [string[], string[], string[], string[]] = [[], [], [], []];
  const attempt = async (name: string, done: string[], work: () => Promise<void>) => {
    try {
      await work();
      done.push(name);
    } catch (error) {
      failed.push(`${name}: ${(error as Error).message}`);
    }
  };
  for (const { name, contid } of plan.end) {
    await attempt(name, ended, async () => {
      maker?.end(name);
      const container = node.registry.find(contid);
      if (container === undefined) return;
      const { chain, pid } = container;
      node.record(operation("drop", pid, CONTID_UNSET, formatChain(chain)), container, []);
      await node.end(contid);
    });
  }
  for (const wanted of plan.claim) {
    const container = node.registry.find(wanted.contid);
    if (container === undefined) continue;
    const pid = wanted.pid ?? container.pid;
    await attempt(wanted.name, moved, () => node.claim(container, pid));
  }
  for (const wanted of plan.begin) {
    await attempt(wanted.name, begun, async () => {
      const registration = maker?.begin(wanted) ?? registrationOf(wanted);
      const container = await node.attach(registration);
      const { contid, pid } = container;
      node.record(operation("set", pid, contid, "-1"), container, []);
    });
  }
  return { begun, ended, moved, failed };
}

function registrationOf({ pid, ...rest }: WantedContainer): Registration {
  if (pid === undefined) throw new AuditError(Errno.EINVAL, `${rest.name}: its pid is needed`);
  const { name, contid, parent } = rest;
  return { name, contid, pid, ...(parent === undefined ? {} : { parent }) };
}

/** CONTAINER_OP, as for a request (CID-3, CID-33). */
function operation(op: "set" | "drop", pid: number, contid: bigint, old: string): ControlRecord {
  const now = contid === CONTID_UNSET ? "-1" : String(contid);
  const body = `op=${op} opid=${pid} contid=${now} old-contid=${old} ${NOBODY} res=1`;
  return { type: RecordType.CONTAINER_OP, body };
}
