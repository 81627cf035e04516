// A node for control: real containers and instances, records kept in a list.
import { MemoryBus } from "@cauditd/bus";
import {
  Control,
  type ControlledNode,
  Dispatcher,
  localRoot,
  type Principal,
  type TaskState,
} from "@cauditd/dispatcher";
import {
  type Container,
  carryOut,
  DEFAULT_POLICY,
  Instance,
  type Policy,
  type Registration,
} from "@cauditd/kernel";
import { formatChain, parseCapabilitySet, recordTypeName } from "@cauditd/libaudit";

/** What was recorded: where (from the innermost scope up), the caller's chain, and the record. */
export interface Recorded {
  readonly in: string;
  readonly chain: string;
  readonly record: string;
}

/** A node that starts an instance for each container at once. */
export class FakeNode implements ControlledNode {
  readonly dispatcher: Dispatcher = new Dispatcher({
    bus: new MemoryBus({ frames: 64, bytes: 1 << 20 }),
    onFull: "drop",
  });
  readonly instances: Map<Container | undefined, Instance> = new Map([
    [undefined, new Instance("host")],
  ]);
  readonly recorded: Recorded[] = [];
  readonly signals: string[] = [];

  get registry(): ControlledNode["registry"] {
    return this.dispatcher.registry;
  }

  containerOf(pid: number): Container | undefined {
    return this.dispatcher.containerOf(pid);
  }

  readonly states: Map<number, TaskState> = new Map();

  taskState(pid: number): TaskState {
    return this.states.get(pid) ?? (this.dispatcher.hasChildren(pid) ? "busy" : "free");
  }

  async register(registration: Registration): Promise<Container> {
    const container = this.dispatcher.register(registration);
    this.instances.set(container, new Instance(String(container.contid)));
    return container;
  }

  async adopt(container: Container, pid: number): Promise<void> {
    this.dispatcher.adopt(container, pid);
  }

  async end(contid: bigint): Promise<void> {
    const container = this.registry.find(contid);
    await this.dispatcher.unregister(contid);
    this.instances.delete(container);
  }

  instanceOf(container: Container | undefined): ReturnType<ControlledNode["instanceOf"]> {
    const instance = this.instances.get(container);
    if (instance === undefined) return undefined;
    const name = container?.name ?? "host";
    const signal = async (what: string): Promise<void> => {
      this.signals.push(`${name} ${what}`);
    };
    return { name, ask: async (request) => carryOut(instance, request), signal };
  }

  record(
    { type, body }: Parameters<ControlledNode["record"]>[0],
    target: Container | undefined,
    chain: readonly bigint[],
  ): void {
    this.recorded.push({
      in: target?.name ?? "host",
      chain: chain.length === 0 ? "" : formatChain(chain),
      record: `${recordTypeName(type)} ${body}`,
    });
  }

  async settled(): Promise<void> {}

  stat(path: string): "directory" | "other" | undefined {
    return path === "/" || path === "/etc" ? "directory" : undefined;
  }
}

/** Principals of the tests, by what they are. */
export const PRINCIPALS: readonly Principal[] = [
  localRoot("root", 1),
  { ...inside("web", 7n, "CAP_AUDIT_CONTROL,CAP_AUDIT_WRITE"), capcontid: false },
  { ...inside("db", 8n, "CAP_AUDIT_CONTROL,CAP_AUDIT_WRITE") },
  inside("reader", 7n, "CAP_AUDIT_READ"),
  { ...inside("engine", 7n, "none"), capcontid: true },
  { ...localRoot("weak", 50), capabilities: parseCapabilitySet("CAP_AUDIT_WRITE") ?? 0n },
];

function inside(name: string, contid: bigint, capabilities: string): Principal {
  return {
    ...localRoot(name, 0),
    capabilities: parseCapabilitySet(capabilities) ?? 0n,
    initUserns: false,
    initPidns: false,
    contid,
    subject: { pid: Number(contid) * 100 + 1, uid: 0, auid: 1000, ses: 3 },
  };
}

/** Control of a node with web (7, pid 100) and db (8, pid 200). */
export async function controlOf(
  policy: Partial<Policy> = {},
): Promise<{ readonly node: FakeNode; readonly control: Control }> {
  const node = new FakeNode();
  await node.register({ name: "web", contid: 7n, pid: 100 });
  await node.register({ name: "db", contid: 8n, pid: 200 });
  const principals = PRINCIPALS.map((principal) => ({ ...principal }));
  const control = new Control({
    node,
    principals,
    policy: { ...DEFAULT_POLICY, ...policy },
    now: () => 1_700_000_000_000,
    later: () => () => undefined,
  });
  return { node, control };
}
