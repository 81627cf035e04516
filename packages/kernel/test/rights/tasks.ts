// Callers and targets of tests of rights.
import { ALL_CAPABILITIES, NO_CAPABILITIES } from "@cauditd/libaudit";
import type { Credentials } from "../../src/rights/credentials.ts";
import type { ContidTarget } from "../../src/rights/targets.ts";

/** Root of the host. */
export const ROOT: Credentials = {
  initUserns: true,
  initPidns: true,
  capabilities: ALL_CAPABILITIES,
  capcontid: false,
  chain: [],
};
/** A task of the host without any right. */
export const NOBODY: Credentials = { ...ROOT, capabilities: NO_CAPABILITIES };
/** Root of a container with a user and a pid namespace of its own. */
export const TENANT: Credentials = {
  initUserns: false,
  initPidns: false,
  capabilities: ALL_CAPABILITIES,
  capcontid: false,
  chain: [4n, 1n],
};

/** A fresh child of the caller. */
export const CHILD: ContidTarget = {
  gone: false,
  offset: 0,
  text: 0,
  audited: true,
  unset: false,
  busy: false,
  descendant: true,
};
