import { type Chain, formatContidList, RecordType, trimContidList } from "@cauditd/libaudit";
import type { PidNamespace } from "../task/namespaces.ts";
import type { Task } from "../task/task.ts";

/** Who looks at a record. */
export interface View {
  /** Contid of the scope; undefined = the host, which sees all. */
  readonly scope: bigint | undefined;
  /** The chain of the scope, itself first: what lies behind the first is not for it to see. */
  readonly chain: Chain;
  /** The namespace whose pids it is shown. */
  readonly pidns: PidNamespace;
  /** Key of the rule that selected the call; undefined = none. */
  readonly key: string | undefined;
}

/**
 * A piece of a record's body: text that is the same for everybody, or what is different for each
 * scope (CID-100). A task stands for its pid; `parent` for that of its parent.
 */
export type Part =
  | string
  | { readonly pid: Task | undefined }
  | { readonly chains: readonly Chain[] }
  | { readonly contid: bigint }
  | { readonly record: number; readonly chains: readonly Chain[] }
  | { readonly key: true };

/** One record of an event. */
export interface DraftRecord {
  readonly type: number;
  readonly parts: readonly Part[];
}

/** An event before it is known who sees it. Made once, however many scopes there are. */
export class Draft {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The chains whose scopes see it: the subject's, or those of a network namespace. */
  readonly chains: readonly Chain[];
  readonly records: DraftRecord[] = [];
  /** Says of a scope that it records the event even while its auditing is off. */
  always: (scope: bigint | undefined) => boolean = () => false;
  /** The scope whose auditing was off when the call began, and is on now. */
  begunOff: object | undefined;
  #numbered = 0;

  constructor(time: number, chains: readonly Chain[]) {
    this.time = time;
    this.chains = chains.filter((chain) => chain.length > 0);
  }

  /** Adds a record. */
  add(type: number, ...parts: readonly Part[]): void {
    this.records.push({ type, parts });
  }

  /**
   * Adds a CONTAINER_ID record for the containers of a task or a network namespace.
   * @returns the piece that links another record to it; empty when there is no container
   */
  link(chains: readonly Chain[]): Part {
    const named = chains.filter((chain) => chain.length > 0);
    if (named.length === 0) return "";
    const record = ++this.#numbered;
    this.add(RecordType.CONTAINER_ID, `record=${record} contid=`, { chains: named });
    return { record, chains: named };
  }
}

/** What a scope may see of some chains. */
function seen(chains: readonly Chain[], { scope }: View): readonly Chain[] {
  return scope === undefined ? chains : trimContidList(chains, scope);
}

/** The body of a record as a scope sees it; undefined when it sees nothing of it. */
export function renderBody(record: DraftRecord, view: View): string | undefined {
  let body = "";
  for (const part of record.parts) {
    if (typeof part === "string") body += part;
    else if ("pid" in part) body += part.pid === undefined ? "0" : part.pid.pidIn(view.pidns);
    else if ("record" in part) {
      if (seen(part.chains, view).length > 0) body += ` record=${part.record}`;
    } else if ("chains" in part) {
      const chains = seen(part.chains, view);
      if (chains.length === 0 && record.type === RecordType.CONTAINER_ID) return undefined;
      body += formatContidList(chains);
    } else if ("contid" in part) {
      // What a task tried may be the contid of an ancestor: no scope is shown those (CID-93).
      body += view.chain.indexOf(part.contid) > 0 ? "?" : part.contid;
    } else body += view.key === undefined ? "(null)" : view.key;
  }
  return body;
}
