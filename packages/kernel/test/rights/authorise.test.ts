import { Capability, capabilitySet, Errno, errnoName } from "@cauditd/libaudit";
import t from "tap";
import { authorise } from "../../src/rights/authorise.ts";
import { type Credentials, DEFAULT_POLICY, type Policy } from "../../src/rights/credentials.ts";
import type { Targets, Verb } from "../../src/rights/rights-table.ts";
import type { ContidTarget } from "../../src/rights/targets.ts";
import { CHILD, NOBODY, ROOT, TENANT } from "./tasks.ts";

const MAINLINE: Policy = { ...DEFAULT_POLICY, mainline: true };
const BOTH: Policy = { ...DEFAULT_POLICY, both: true };

function ask<V extends Verb>(
  task: Credentials,
  verb: V,
  target: Targets[V],
  policy = DEFAULT_POLICY,
): string {
  const errno = authorise(task, verb, target, policy);
  return errno === 0 ? "0" : (errnoName(errno) ?? "");
}

t.test("CID-2, CID-4, CID-5: a contid needs CAP_AUDIT_CONTROL, not CAP_AUDIT_WRITE", async (t) => {
  const holder = (name: "CAP_AUDIT_CONTROL" | "CAP_AUDIT_WRITE"): Credentials => ({
    ...NOBODY,
    capabilities: capabilitySet(Capability[name]),
  });
  t.equal(ask(holder("CAP_AUDIT_CONTROL"), "contid-set", CHILD), "0");
  t.equal(ask(holder("CAP_AUDIT_WRITE"), "contid-set", CHILD), "EPERM");
  t.equal(ask(NOBODY, "contid-set", CHILD), "EPERM");
});

t.test(
  "CID-7, CID-8, CID-54: capabilities of a child user namespace give no right over contids",
  async (t) => {
    t.equal(ask(TENANT, "contid-set", CHILD), "EPERM");
    t.equal(ask({ ...TENANT, capcontid: true }, "contid-set", CHILD), "0");
  },
);

t.test(
  "CID-58: under `both`, outside the initial user namespace both rights are needed",
  async (t) => {
    const flagged = { ...TENANT, capcontid: true };
    t.equal(ask(flagged, "contid-set", CHILD, BOTH), "0");
    t.equal(ask({ ...flagged, capabilities: 0n }, "contid-set", CHILD, BOTH), "EPERM");
    t.equal(ask(TENANT, "contid-set", CHILD, BOTH), "EPERM");
    t.equal(ask({ ...NOBODY, capcontid: true }, "contid-set", CHILD, BOTH), "EPERM");
    t.equal(ask(ROOT, "contid-set", CHILD, BOTH), "0");
  },
);

t.test("contid-set: the checks are made in the order of contid.md 1.4.1", async (t) => {
  const current = { owned: true, below: false, shared: false };
  const existing = { owned: false, live: true };
  // Every check would refuse; then one after the other would not.
  const steps: [string, Partial<ContidTarget>][] = [
    ["ESRCH", { gone: false }],
    ["EINVAL", { offset: 0 }],
    ["EINVAL", { text: Errno.ERANGE }],
    ["ERANGE", { text: 0 }],
    ["ENOPROTOOPT", { audited: true }],
    ["EINVAL", { unset: false }],
    ["EPERM", {}],
    ["EBUSY", { busy: false }],
    ["EXDEV", { descendant: true }],
    ["EEXIST", { current: { owned: false, below: true, shared: true } }],
    ["ENOTUNIQ", { existing: { owned: true, live: false } }],
    ["ENOTUNIQ", { existing: { owned: true, live: true } }],
  ];
  let target: ContidTarget = {
    gone: true,
    offset: 1,
    text: Errno.EINVAL,
    audited: false,
    unset: true,
    busy: true,
    descendant: false,
    current,
    existing,
  };
  for (const [errno, change] of steps) {
    const caller = errno === "EPERM" || target.unset || target.gone ? NOBODY : ROOT;
    t.equal(ask(caller, "contid-set", target), errno);
    target = { ...target, ...change };
  }
  t.equal(ask(ROOT, "contid-set", target), "0");
});

t.test("CID-44, CID-45, CID-119: a contid is replaced only to nest", async (t) => {
  const of = (owned: boolean, below: boolean, shared: boolean): ContidTarget => ({
    ...CHILD,
    current: { owned, below, shared },
  });
  t.equal(ask(ROOT, "contid-set", of(false, true, true)), "0");
  t.equal(ask(ROOT, "contid-set", of(true, true, true)), "EEXIST");
  t.equal(ask(ROOT, "contid-set", of(false, false, true)), "EEXIST");
  t.equal(ask(ROOT, "contid-set", of(false, true, false)), "EEXIST");
  const loose = { ...DEFAULT_POLICY, strict: false };
  t.equal(ask(ROOT, "contid-set", of(false, true, false), loose), "0");
});

t.test("CID-49: limits are checked last", async (t) => {
  t.equal(ask(ROOT, "contid-set", { ...CHILD, over: "depth" }), "EMLINK");
  t.equal(ask(ROOT, "contid-set", { ...CHILD, over: "netns" }), "ENOSR");
  t.equal(ask(ROOT, "contid-set", { ...CHILD, over: "total" }), "ENOSPC");
});

t.test("CID-57: reading a contid needs the same right", async (t) => {
  t.equal(ask(ROOT, "contid-read", { gone: false }), "0");
  t.equal(ask(NOBODY, "contid-read", { gone: false }), "EPERM");
  t.equal(ask({ ...TENANT, capcontid: true }, "contid-read", { gone: false }), "0");
  t.equal(ask(NOBODY, "contid-read", { gone: true }), "ESRCH");
});

t.test("CID-52, CID-53, CID-55: capcontid", async (t) => {
  const target = { ...CHILD, flag: true };
  t.equal(ask(ROOT, "capcontid-set", target), "0");
  t.equal(ask({ ...TENANT, capcontid: true }, "capcontid-set", target), "0");
  t.equal(ask(TENANT, "capcontid-set", target), "EPERM");
  t.equal(ask(ROOT, "capcontid-set", { ...target, flag: false }), "EINVAL");
  t.equal(ask(ROOT, "capcontid-set", { ...target, descendant: false }), "EXDEV");
  t.equal(ask(ROOT, "capcontid-set", { ...target, audited: false }), "ENOPROTOOPT");
});

t.test("CID-109 to CID-112: an audit user ID", async (t) => {
  const fresh = {
    self: true,
    offset: 0,
    text: 0,
    unset: false,
    has: false,
    immutable: false,
    onlyUnset: false,
  };
  const has = { ...fresh, has: true };
  t.equal(ask(NOBODY, "loginuid-set", fresh), "0");
  t.equal(ask(ROOT, "loginuid-set", { ...fresh, self: false, offset: 1 }), "EPERM");
  t.equal(ask(ROOT, "loginuid-set", { ...fresh, offset: 1 }), "EINVAL");
  t.equal(ask(ROOT, "loginuid-set", { ...fresh, text: Errno.ERANGE }), "ERANGE");
  t.equal(ask(NOBODY, "loginuid-set", has), "EPERM");
  t.equal(ask(ROOT, "loginuid-set", has), "0");
  t.equal(ask(ROOT, "loginuid-set", { ...has, immutable: true }), "EPERM");
  t.equal(ask(ROOT, "loginuid-set", { ...has, onlyUnset: true }), "EPERM");
  t.equal(ask(ROOT, "loginuid-set", { ...has, onlyUnset: true, unset: true }), "0");
});

t.test("CID-76 to CID-81: netlink admission as a kernel of today answers", async (t) => {
  const container = { ...ROOT, initPidns: false, chain: [1n] };
  const write = capabilitySet(Capability.CAP_AUDIT_WRITE);
  const send = (task: Credentials, type: number): string =>
    ask(task, "netlink", { type }, MAINLINE);
  t.equal(send({ ...container, capabilities: write }, 1112), "0");
  t.equal(send({ ...container, capabilities: 0n }, 1112), "EPERM");
  t.equal(send(container, 1000), "EPERM");
  for (const type of [1000, 1001, 1003, 1112, 1305, 999]) {
    t.equal(send(TENANT, type), "ECONNREFUSED");
  }
  t.equal(send(ROOT, 1305), "EINVAL");
  t.equal(send(ROOT, 999), "EINVAL");
  t.equal(send(ROOT, 1050), "EINVAL");
  for (const type of [1002, 1003, 1004]) t.equal(send(ROOT, type), "EOPNOTSUPP");
  for (const type of [1000, 1013, 1112]) t.equal(send(ROOT, type), "0");
  t.equal(send(NOBODY, 1000), "EPERM");
  t.equal(ask(ROOT, "netlink", { type: 1000, opener: false }), "EPERM");
  t.equal(ask(ROOT, "user-record", { type: 1112, length: 5, opener: false }), "EPERM");
});

t.test("CID-82: a user record has 2 bytes or more", async (t) => {
  t.equal(ask(ROOT, "user-record", { type: 1112, length: 1 }), "EINVAL");
  t.equal(ask(ROOT, "user-record", { type: 1112, length: 2 }), "0");
  t.equal(ask(TENANT, "user-record", { type: 1112, length: 2 }), "0");
});

t.test("CID-84, CID-85, CID-87, CID-88: a daemon in the caller's own scope", async (t) => {
  const free = { ownPid: true, taken: false };
  t.equal(ask(ROOT, "daemon-start", free), "0");
  t.equal(ask(TENANT, "daemon-start", free), "0");
  t.equal(ask(TENANT, "daemon-start", free, MAINLINE), "ECONNREFUSED");
  t.equal(ask({ ...TENANT, capabilities: 0n }, "daemon-start", free), "EPERM");
  t.equal(ask({ ...TENANT, chain: [] }, "daemon-start", free), "ECONNREFUSED");
  t.equal(ask({ ...ROOT, initPidns: false }, "daemon-start", free), "EPERM");
  t.equal(ask(ROOT, "daemon-start", { ...free, ownPid: false }), "EINVAL");
  t.equal(ask(ROOT, "daemon-start", { ...free, taken: true }), "EEXIST");
  t.equal(ask(ROOT, "daemon-stop", { registered: false }), "EACCES");
  t.equal(ask(ROOT, "daemon-stop", { registered: true }), "0");
});

t.test("a scope is ruled by the host and from directly inside, and by nobody else", async (t) => {
  for (const verb of ["status-read", "status-set", "rules-change", "signal-info"] as const) {
    t.equal(ask(ROOT, verb, { scope: undefined }), "0");
    t.equal(ask(ROOT, verb, { scope: 4n }), "0");
    t.equal(ask(TENANT, verb, { scope: 4n }), "0");
    t.equal(ask(TENANT, verb, { scope: 1n }), "EPERM", "not its parent");
    t.equal(ask(TENANT, verb, { scope: 9n }), "EPERM", "not a sibling");
    t.equal(ask(TENANT, verb, { scope: undefined }), "EPERM");
    t.equal(ask({ ...TENANT, capabilities: 0n }, verb, { scope: 4n }), "EPERM");
    t.equal(ask({ ...TENANT, chain: [] }, verb, { scope: undefined }), "ECONNREFUSED");
    t.equal(ask(ROOT, verb, { scope: 9n, exists: false }), "ENOENT");
    t.equal(ask(TENANT, verb, { scope: 9n, exists: false }), "EPERM", "nothing is told");
  }
});

t.test("CID-86: a locked scope takes no change, and answers still", async (t) => {
  const target = { scope: 4n, locked: true };
  t.equal(ask(TENANT, "status-set", target), "EPERM");
  t.equal(ask(TENANT, "rules-change", target), "EPERM");
  t.equal(ask(TENANT, "status-read", target), "0");
  t.equal(ask(TENANT, "counter-reset", target), "0");
});

t.test("floor rules are the host's alone", async (t) => {
  t.equal(ask(ROOT, "floor-rules-change", { scope: 4n }), "0");
  t.equal(ask(TENANT, "floor-rules-change", { scope: 4n }), "EPERM");
});

t.test("CID-108: listening needs CAP_AUDIT_READ inside the scope", async (t) => {
  for (const verb of ["multicast-join", "stream-read"] as const) {
    t.equal(ask(ROOT, verb, { scope: undefined }), "0");
    t.equal(ask(NOBODY, verb, { scope: undefined }), "EPERM");
    t.equal(ask(TENANT, verb, { scope: 4n }), "0");
    t.equal(ask(TENANT, verb, { scope: 1n }), "EPERM");
    t.equal(ask(TENANT, verb, { scope: undefined }), "EPERM");
  }
});

t.test("a container is ended by who registered it, and by the host", async (t) => {
  const flagged = { ...TENANT, capcontid: true };
  t.equal(ask(ROOT, "container-end", { exists: true, owned: false }), "0");
  t.equal(ask(flagged, "container-end", { exists: true, owned: true }), "0");
  t.equal(ask(flagged, "container-end", { exists: true, owned: false }), "EPERM");
  t.equal(ask(ROOT, "container-end", { exists: false, owned: false }), "ENOENT");
  t.equal(ask(TENANT, "container-end", { exists: true, owned: true }), "EPERM");
});
