// name_format: the node name in front of each record.
import type { AuditdConf } from "@cauditd/libaudit";

/** Names of the machine, or of the container, that an instance logs for. */
export interface HostNames {
  readonly hostname: string;
  /** Canonical name by the resolver; undefined if it has none. */
  readonly canonical: string | undefined;
  /** First address of the host name, as text; undefined if it does not resolve. */
  readonly address: string | undefined;
}

/** A node name, undefined for none; or what auditd says, and ends, when it cannot be had. */
export type NodeNameResult = { readonly node: string | undefined } | { readonly refused: string };

/** The node name that a configuration asks for (AUD-139). */
export function nodeName(
  conf: Pick<AuditdConf, "name_format" | "name">,
  names: HostNames,
): NodeNameResult {
  switch (conf.name_format) {
    case "NONE":
      return { node: undefined };
    case "HOSTNAME":
      return { node: names.hostname.replaceAll(" ", "_") };
    case "USER":
      return conf.name === undefined
        ? { refused: "User defined name missing" }
        : { node: conf.name };
    case "FQD":
      return resolved(names.canonical, names.hostname);
    default:
      return resolved(names.address, names.hostname);
  }
}

function resolved(node: string | undefined, hostname: string): NodeNameResult {
  if (node !== undefined) return { node };
  return { refused: `Cannot resolve hostname ${hostname} (Name or service not known)` };
}
