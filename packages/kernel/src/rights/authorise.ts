import { Errno } from "@cauditd/libaudit";
import type { Credentials, Policy } from "./credentials.ts";
import { RIGHTS, type Targets, type Verb } from "./rights-table.ts";

/**
 * Says whether a task may do something. The checks of the verb are made in their order; the first
 * that refuses gives the error. See docs/reference/rights.md.
 * @returns 0 = it may
 */
export function authorise<V extends Verb>(
  task: Credentials,
  verb: V,
  target: Targets[V],
  policy: Policy,
): Errno | 0 {
  for (const { refuses, errno } of RIGHTS[verb]) {
    if (refuses(task, target, policy)) return Errno[errno];
  }
  return 0;
}
