// A node with its control, and command lines on it, all in this process.
import { ControlClient, memoryTransport } from "@cauditd/bus";
import { localRoot, type Principal } from "@cauditd/dispatcher";
import { DEFAULT_POLICY, type Policy, type Registration } from "@cauditd/kernel";
import { parseCapabilitySet, type RuleContext } from "@cauditd/libaudit";
import type { Test } from "tap";
import { MACHINE } from "../../../libaudit/test/rule-machine.ts";
import { Auditctl } from "../../src/cauditctl/auditctl.ts";
import { Requests } from "../../src/cauditctl/requests.ts";
import { LOCAL_PRINCIPAL } from "../../src/config/control-schema.ts";
import { Node, reached } from "../../src/node/node.ts";
import { NodeControl } from "../../src/node/node-control.ts";
import { fakeIo } from "../fake-io.ts";

/** What a command line did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running node and those who ask. */
export interface ControlledFixture {
  readonly node: Node;
  readonly control: NodeControl;
  /** Folder of the logs. */
  readonly out: string;
  client(principal?: string): ControlClient;
  /** Runs an auditctl command line on an instance. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Everything recorded so far is in the logs. */
  settle(): Promise<void>;
}

/** Who runs a command line, and on what. */
export interface RunOptions {
  readonly instance?: string;
  readonly principal?: string;
  readonly floor?: boolean;
  readonly json?: boolean;
  readonly context?: RuleContext;
}

/** A principal inside a container, or of the host. */
export function principal(
  name: string,
  capabilities: string,
  contid?: bigint,
  more: Partial<Principal> = {},
): Principal {
  const inside = contid === undefined;
  return {
    ...localRoot(name, 0),
    capabilities: parseCapabilitySet(capabilities) ?? 0n,
    initUserns: inside,
    initPidns: inside,
    ...(inside ? {} : { contid }),
    ...more,
  };
}

/** Time at which everything happens. */
export const NOW = 1_795_459_259_614;

/** Starts a node in `out` with control, but without a socket; it stops when `t` ends. */
export async function controlledNode(
  t: Test,
  out: string,
  containers: readonly Registration[] = [],
  principals: readonly Principal[] = [],
  policy: Partial<Policy> = {},
): Promise<ControlledFixture> {
  const { log } = fakeIo();
  const node = await Node.start({ out, containers, onFull: "wait", log });
  const config = { host: "h1", policy: { ...DEFAULT_POLICY, ...policy }, principals };
  const control = await NodeControl.start({ node, config, log, now: () => NOW });
  t.teardown(async () => {
    await control.close();
    await node.stop();
  });
  const client = (name = LOCAL_PRINCIPAL) =>
    new ControlClient(memoryTransport(control.desk, name), { now: () => NOW });
  const run = async (args: readonly string[], options: RunOptions = {}): Promise<Outcome> => {
    let stdout = "";
    let stderr = "";
    const requests = new Requests(
      client(options.principal),
      options.instance ?? "host",
      options.floor === true,
    );
    const auditctl = new Auditctl({
      requests,
      context: options.context ?? MACHINE,
      output: { out: (text) => (stdout += text), err: (text) => (stderr += text) },
      json: options.json === true,
      exe: "/usr/bin/cauditctl",
    });
    const code = await auditctl.run(args);
    return { code, stdout, stderr };
  };
  const settle = async (): Promise<void> => {
    node.dispatcher.flush();
    for (const container of [undefined, ...node.dispatcher.containers]) {
      const served = node.served(container);
      if (served !== undefined) await reached(served);
    }
  };
  return { node, control, out, client, run, settle };
}
