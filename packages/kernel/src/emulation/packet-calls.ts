import { RecordType } from "@cauditd/libaudit";
import { Draft } from "../scope/draft.ts";
import type { NetNamespace } from "../task/namespaces.ts";
import type { EmulatedKernel } from "./emulated-kernel.ts";

/**
 * A packet meets an AUDIT target in a network namespace: one record that belongs to no task, with
 * the contids of all that have tasks there (CID-64, CID-65).
 */
export function packet(kernel: EmulatedKernel, netns: NetNamespace): void {
  const chains = kernel.netns.chains(netns);
  const draft = new Draft(kernel.now(), chains);
  const record = draft.link(chains);
  const body = "mark=0x0 saddr=127.0.0.1 daddr=127.0.0.1 proto=1";
  draft.add(RecordType.NETFILTER_PKT, body, record);
  kernel.scopes.emit(draft);
}
