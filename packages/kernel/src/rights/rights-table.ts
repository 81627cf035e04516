import { Capability, Errno, type ErrnoName, hasCapability, isUserRecord } from "@cauditd/libaudit";
import {
  type Credentials,
  controlsHost,
  controlsOwn,
  ownScope,
  type Policy,
  rulesContids,
} from "./credentials.ts";
import { isControlRequest, isListRequest } from "./netlink-types.ts";
import type {
  CapcontidTarget,
  ContidTarget,
  DaemonStopTarget,
  DaemonTarget,
  EndTarget,
  LoginuidTarget,
  NetlinkTarget,
  ReadTarget,
  ScopeTarget,
  UserRecordTarget,
  WriteTarget,
} from "./targets.ts";

/** One check: when it holds, the request is refused. */
export interface Check<T> {
  /** The condition in words. */
  readonly when: string;
  readonly errno: ErrnoName;
  /** The requirement, or the part of the kernel, that says so. */
  readonly source: string;
  readonly refuses: (task: Credentials, target: T, policy: Policy) => boolean;
}

/** What each verb is done to. */
export interface Targets {
  readonly "contid-set": ContidTarget;
  readonly "contid-read": ReadTarget;
  readonly "capcontid-set": CapcontidTarget;
  readonly "capcontid-read": ReadTarget;
  readonly "container-end": EndTarget;
  readonly "loginuid-set": LoginuidTarget;
  readonly "daemon-start": DaemonTarget;
  readonly "daemon-stop": DaemonStopTarget;
  readonly netlink: NetlinkTarget;
  readonly "user-record": UserRecordTarget;
  readonly "status-read": ScopeTarget;
  readonly "status-set": ScopeTarget;
  readonly "counter-reset": ScopeTarget;
  readonly "rules-read": ScopeTarget;
  readonly "rules-change": ScopeTarget;
  readonly "floor-rules-change": ScopeTarget;
  readonly "features-read": ScopeTarget;
  readonly "features-set": ScopeTarget;
  readonly "signal-info": ScopeTarget;
  readonly "daemon-signal": ScopeTarget;
  readonly "multicast-join": ScopeTarget;
  readonly "stream-read": ScopeTarget;
}

/** What may be asked for. */
export type Verb = keyof Targets;

function check<T>(
  when: string,
  errno: ErrnoName,
  source: string,
  refuses: Check<T>["refuses"],
): Check<T> {
  return { when, errno, source, refuses };
}

const gone: Check<ReadTarget> = check(
  "the task is gone",
  "ESRCH",
  "CID-15",
  (_task, target) => target.gone,
);

const written: readonly Check<WriteTarget>[] = [
  gone,
  check("the write is not at offset 0", "EINVAL", "CID-14", (_task, { offset }) => offset !== 0),
  check(
    "the text is no unsigned decimal",
    "EINVAL",
    "CID-11",
    (_task, t) => t.text === Errno.EINVAL,
  ),
  check("the number is too large", "ERANGE", "CID-12", (_task, t) => t.text === Errno.ERANGE),
  check("the task has no audit info", "ENOPROTOOPT", "CID-16", (_task, t) => !t.audited),
];

const noContidRight: Check<unknown> = check(
  "the caller has neither CAP_AUDIT_CONTROL in the initial user namespace nor capcontid " +
    "(`both`: outside the initial user namespace it needs CAP_AUDIT_CONTROL there and capcontid)",
  "EPERM",
  "CID-4 to CID-8, CID-54, CID-58",
  (task, _target, policy) => !rulesContids(task, policy),
);

const noDescendant: Check<{ readonly descendant: boolean }> = check(
  "the task is the caller, or does not descend from it",
  "EXDEV",
  "CID-20, CID-21, CID-53",
  (_task, target) => !target.descendant,
);

const readsContid: readonly Check<ReadTarget>[] = [gone, noContidRight];

const otherUserns: Check<unknown> = check(
  "the caller is outside the initial user namespace and in no container (`mainline`: wherever)",
  "ECONNREFUSED",
  "CID-76, CID-77, CID-88",
  (task, _target, policy) => !task.initUserns && (policy.mainline || task.chain.length === 0),
);

const nested = (task: Credentials, policy: Policy): boolean =>
  !policy.mainline && task.chain.length > 0;

const controls: Check<unknown> = check(
  "the caller lacks CAP_AUDIT_CONTROL in its own user namespace",
  "EPERM",
  "CID-88, kernel audit_netlink_ok",
  (task) => !controlsOwn(task),
);

/** The whole host's right: what a task in the initial namespaces with the capability has. */
function onHost(task: Credentials, capability: Capability): boolean {
  return task.initUserns && task.initPidns && hasCapability(task.capabilities, capability);
}

function insideOrHost(name: "CAP_AUDIT_CONTROL" | "CAP_AUDIT_READ"): Check<ScopeTarget>[] {
  const capability = Capability[name];
  return [
    check(
      `the scope is the host, and the caller is not in the initial user and pid namespaces`,
      "EPERM",
      "CID-76",
      (task, { scope }) => scope === undefined && !(task.initUserns && task.initPidns),
    ),
    check(
      `the caller lacks ${name} in its own user namespace`,
      "EPERM",
      name === "CAP_AUDIT_READ" ? "CID-108" : "CID-88",
      (task) => !hasCapability(task.capabilities, capability),
    ),
    check(
      `the scope is a container, and the caller is neither directly in it nor has ${name} in the ` +
        "initial namespaces",
      "EPERM",
      "CID-88, CID-93",
      (task, { scope }) =>
        scope !== undefined && ownScope(task) !== scope && !onHost(task, capability),
    ),
    check("there is no such scope", "ENOENT", "own choice", (_task, t) => t.exists === false),
  ];
}

const locked: Check<ScopeTarget> = check(
  "the scope's configuration is locked",
  "EPERM",
  "CID-86",
  (_task, target) => target.locked === true,
);

const controlsScope: readonly Check<ScopeTarget>[] = [
  otherUserns,
  ...insideOrHost("CAP_AUDIT_CONTROL"),
];
const readsScope: readonly Check<ScopeTarget>[] = insideOrHost("CAP_AUDIT_READ");
const hostOnly: Check<ScopeTarget> = check(
  "the caller lacks CAP_AUDIT_CONTROL in the initial user namespace",
  "EPERM",
  "own choice: a tenant may not touch what the host demands",
  (task) => !controlsHost(task),
);

const admission: readonly Check<NetlinkTarget>[] = [
  otherUserns,
  check("the type is LIST, ADD or DEL (1002 to 1004)", "EOPNOTSUPP", "CID-78", (_task, t) =>
    isListRequest(t.type),
  ),
  check(
    "the type is a control request, and the caller is outside the initial pid namespace and in " +
      "no container (`mainline`: wherever)",
    "EPERM",
    "CID-76",
    (task, t, policy) => isControlRequest(t.type) && !task.initPidns && !nested(task, policy),
  ),
  check(
    "the type is a control request, and the caller or the opener of the socket lacks " +
      "CAP_AUDIT_CONTROL",
    "EPERM",
    "CID-80",
    (task, t) => isControlRequest(t.type) && !(controlsOwn(task) && t.opener !== false),
  ),
  check(
    "the type is that of a user record, and the caller or the opener of the socket lacks " +
      "CAP_AUDIT_WRITE",
    "EPERM",
    "CID-80, CID-81",
    (task, t) =>
      isUserRecord(t.type) &&
      !(hasCapability(task.capabilities, Capability.CAP_AUDIT_WRITE) && t.opener !== false),
  ),
  check(
    "the type is any other",
    "EINVAL",
    "CID-79",
    (_task, t) => !isControlRequest(t.type) && !isUserRecord(t.type),
  ),
];

/** Who may do what: for each verb its checks, in the order in which they are made. */
export const RIGHTS: { readonly [V in Verb]: readonly Check<Targets[V]>[] } = {
  "contid-set": [
    ...written,
    check("the value is that of an unset contid", "EINVAL", "CID-9, CID-10", (_task, t) => t.unset),
    noContidRight,
    check(
      "the task has children or threads, or is no group leader",
      "EBUSY",
      "CID-17, CID-19, CID-23",
      (_task, t) => t.busy,
    ),
    noDescendant,
    check(
      "the task is in a container, and the caller registered it or does not descend from who did " +
        "(`strict`: or the caller is not in the same container)",
      "EEXIST",
      "CID-24, CID-25, CID-44, CID-45, CID-119",
      (_task, { current }, policy) =>
        current !== undefined &&
        (current.owned || !current.below || (policy.strict && !current.shared)),
    ),
    check(
      "another task registered the contid",
      "ENOTUNIQ",
      "CID-29 to CID-32",
      (_task, { existing }) => existing?.owned === false,
    ),
    check(
      "the contid has no task any more, but is held",
      "ENOTUNIQ",
      "CID-37",
      (_task, { existing }) => existing?.live === false,
    ),
    check("nesting would be too deep", "EMLINK", "CID-49", (_task, t) => t.over === "depth"),
    check(
      "the network namespace would have too many contids",
      "ENOSR",
      "CID-49",
      (_task, t) => t.over === "netns",
    ),
    check("there would be too many contids", "ENOSPC", "CID-49", (_task, t) => t.over === "total"),
  ],
  "contid-read": readsContid,
  "capcontid-set": [
    ...written,
    check("the value is neither 0 nor 1", "EINVAL", "CID-55", (_task, target) => !target.flag),
    noContidRight,
    noDescendant,
  ],
  "capcontid-read": readsContid,
  "container-end": [
    noContidRight,
    check("no container has the contid", "ENOENT", "own choice", (_task, t) => !t.exists),
    check(
      "the caller did not register it, and lacks CAP_AUDIT_CONTROL in the initial user namespace",
      "EPERM",
      "own choice",
      (task, t) => !t.owned && !controlsHost(task),
    ),
  ],
  "loginuid-set": [
    check("the task is not the caller", "EPERM", "CID-109", (_task, target) => !target.self),
    check("the write is not at offset 0", "EINVAL", "contid.md 3.4", (_task, t) => t.offset !== 0),
    check(
      "the text is no number, or no user of the caller's user namespace",
      "EINVAL",
      "contid.md 3.4",
      (_task, target) => target.text === Errno.EINVAL,
    ),
    check(
      "the number is too large",
      "ERANGE",
      "contid.md 3.4",
      (_task, t) => t.text === Errno.ERANGE,
    ),
    check(
      "the auid is set, and loginuid_immutable is on",
      "EPERM",
      "CID-111",
      (_task, target) => target.has && target.immutable,
    ),
    check(
      "the auid is set, and the caller lacks CAP_AUDIT_CONTROL in the initial user namespace",
      "EPERM",
      "CID-110",
      (task, target) => target.has && !controlsHost(task),
    ),
    check(
      "the auid is set and would be another one, and only_unset_loginuid is on",
      "EPERM",
      "CID-112",
      (_task, target) => target.has && target.onlyUnset && !target.unset,
    ),
  ],
  "daemon-start": [
    otherUserns,
    check(
      "the caller is outside the initial pid namespace and in no container (`mainline`: wherever)",
      "EPERM",
      "CID-76",
      (task, _target, policy) => !task.initPidns && !nested(task, policy),
    ),
    controls,
    check("the pid is not the caller's own", "EINVAL", "CID-84", (_task, t) => !t.ownPid),
    check("the scope has a daemon", "EEXIST", "CID-84, CID-87", (_task, t) => t.taken),
  ],
  "daemon-stop": [
    otherUserns,
    controls,
    check("the caller is not the daemon", "EACCES", "CID-85", (_task, t) => !t.registered),
  ],
  netlink: admission,
  "user-record": [
    ...admission,
    check("the payload is shorter than 2 bytes", "EINVAL", "CID-82", (_task, t) => t.length < 2),
  ],
  "status-read": controlsScope,
  "status-set": [...controlsScope, locked],
  "counter-reset": controlsScope,
  "rules-read": controlsScope,
  "rules-change": [...controlsScope, locked],
  "floor-rules-change": [otherUserns, hostOnly, ...insideOrHost("CAP_AUDIT_CONTROL")],
  "features-read": controlsScope,
  "features-set": controlsScope,
  "signal-info": controlsScope,
  "daemon-signal": controlsScope,
  "multicast-join": readsScope,
  "stream-read": readsScope,
};
