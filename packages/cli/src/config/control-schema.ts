import { hostname } from "node:os";
import { join, relative } from "node:path";
import type { AuditdLog } from "@cauditd/auditd";
import { CONTROL_WORD, MAX_SOCKET_PATH } from "@cauditd/bus";
import { localRoot, type Principal } from "@cauditd/dispatcher";
import { DEFAULT_POLICY, type Policy } from "@cauditd/kernel";
import { type CapabilitySet, parseCapabilitySet, UNSET_U32 } from "@cauditd/libaudit";
import { z } from "zod";
import { contidText } from "./container-schema.ts";
import { shapeError } from "./shape-error.ts";

/** The principal of whoever can open the control socket; no NATS subject can name it. */
export const LOCAL_PRINCIPAL = "@local";

/** How a host is controlled, checked. */
export interface ControlConfig {
  /** The host's name in control subjects. */
  readonly host: string;
  /** Path of the socket; false = none; undefined = `control.sock` in the folder of the logs. */
  readonly socket?: string | false | undefined;
  readonly policy: Policy;
  readonly principals: readonly Principal[];
}

const word = z
  .string({ error: "expected a name" })
  .regex(CONTROL_WORD, { error: "expected a name: 1 to 64 letters, digits, `_` or `-`" });
const u32 = z
  .int({ error: "expected an integer, 0 to 4294967295" })
  .min(0, { error: "expected an integer from 0" })
  .max(UNSET_U32, { error: "expected an integer up to 4294967295" });
const flag = z.boolean({ error: "expected true or false" });
const CAPABILITIES = "expected all, none or a list of capabilities such as CAP_AUDIT_CONTROL";

const capabilities = z
  .union([z.string(), z.array(z.string())], { error: CAPABILITIES })
  .transform((value, context): CapabilitySet => {
    const set = parseCapabilitySet(typeof value === "string" ? value : value.join(",") || "none");
    if (set !== undefined) return set;
    context.addIssue({ code: "custom", message: CAPABILITIES });
    return z.NEVER;
  });

const namespace = z.enum(["init", "container"], { error: "expected init or container" });

const principal = z.strictObject(
  {
    capabilities,
    contid: contidText.optional(),
    userns: namespace.optional(),
    pidns: namespace.optional(),
    capcontid: flag.default(false),
    pid: u32.default(0),
    uid: u32.default(0),
    auid: u32.default(UNSET_U32),
    ses: u32.default(UNSET_U32),
    subj: z
      .string({ error: "expected a security label" })
      .regex(/^[\x21-\x7e]{1,255}$/, { error: "expected a security label without blanks" })
      .optional(),
  },
  { error: shapeError("{capabilities, contid, auid ...}") },
);

/** The part `control` of cauditd.yaml, as it is written. */
export const controlSchema: z.ZodType<ControlConfig> = z
  .strictObject(
    {
      host: word
        .refine((name) => name !== "v1", { error: "expected another name than v1" })
        .default(hostWord(hostname())),
      socket: z
        .union([z.literal(false), z.string()], { error: "expected the path of a socket, or false" })
        .refine((path) => path === false || isSocketPath(path), {
          error: `expected the path of a socket: 1 to ${MAX_SOCKET_PATH} bytes`,
        })
        .optional(),
      policy: z
        .strictObject(
          { mainline: flag.optional(), both: flag.optional(), strict: flag.optional() },
          { error: shapeError("{mainline, both, strict}") },
        )
        .default({}),
      principals: z
        .record(word, principal, { error: "expected NAME: {capabilities ...}" })
        .default({}),
    },
    { error: shapeError("host, socket, policy and principals") },
  )
  .transform(({ policy, principals, ...rest }) => ({
    ...rest,
    policy: { ...DEFAULT_POLICY, ...given(policy) },
    principals: Object.entries(principals).map(([name, entry]) => principalOf(name, entry)),
  }));

function principalOf(name: string, entry: z.output<typeof principal>): Principal {
  const { contid, userns, pidns, pid, uid, auid, ses, subj, ...rights } = entry;
  const inside = contid === undefined ? "init" : "container";
  return {
    name,
    capabilities: rights.capabilities,
    capcontid: rights.capcontid,
    initUserns: (userns ?? inside) === "init",
    initPidns: (pidns ?? inside) === "init",
    ...(contid === undefined ? {} : { contid: BigInt(contid) }),
    subject: { pid, uid, auid, ses, ...(subj === undefined ? {} : { subj }) },
  };
}

/** What is used where the configuration says nothing of control: the socket of the host's root. */
export function defaultControl(): ControlConfig {
  return { host: hostWord(hostname()), policy: DEFAULT_POLICY, principals: [] };
}

/** All principals: those of the configuration, and root at the socket. */
export function principalsOf(control: ControlConfig): readonly Principal[] {
  return [localRoot(LOCAL_PRINCIPAL, process.pid), ...control.principals];
}

/** Path of a host's control socket; undefined = it has none. */
export function controlSocket(config: {
  readonly logs: string;
  readonly control: ControlConfig;
}): string | undefined {
  const { socket = join(config.logs, "control.sock") } = config.control;
  if (socket === false) return undefined;
  // Seen from the working directory, a path may still fit into a socket's name.
  return isSocketPath(socket) ? socket : relative(process.cwd(), socket);
}

/** The same, if its path can be a socket's; else that is told, and there is none. */
export function usableSocket(
  config: Parameters<typeof controlSocket>[0],
  log: Pick<AuditdLog, "warn">,
): string | undefined {
  const path = controlSocket(config);
  if (path === undefined || Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  log.warn({ path }, "no control socket: its path is too long, set control.socket");
  return undefined;
}

/** A host name as one word of a subject. */
export function hostWord(name: string): string {
  const short =
    name
      .split(".")[0]
      ?.replace(/[^A-Za-z0-9_-]/g, "_")
      .slice(0, 64) ?? "";
  return short === "" || short === "v1" ? "localhost" : short;
}

function isSocketPath(path: string): boolean {
  return path !== "" && Buffer.byteLength(path) <= MAX_SOCKET_PATH;
}

/** Without the keys that were left out. */
function given(policy: Partial<Record<keyof Policy, boolean | undefined>>): Partial<Policy> {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}
