/** A write to a proc file of a task: what is known of the task and of the text. */
export interface WriteTarget {
  /** The task has exited and was reaped, or never was. */
  readonly gone: boolean;
  /** Offset of the write. */
  readonly offset: number;
  /** What reading the text gave: 0, EINVAL or ERANGE. */
  readonly text: number;
  /** False for a task from before auditing, which has no audit info. */
  readonly audited: boolean;
}

/** A contid that a task is to get. */
export interface ContidTarget extends WriteTarget {
  /** The value is that of an unset contid. */
  readonly unset: boolean;
  /** The task has children or threads, or is no group leader. */
  readonly busy: boolean;
  /** The task is a proper descendant of the caller. */
  readonly descendant: boolean;
  /** The container the task is in. */
  readonly current?: {
    /** The caller registered it. */
    readonly owned: boolean;
    /** The caller descends from the task that registered it. */
    readonly below: boolean;
    /** The caller is in it too. */
    readonly shared: boolean;
  };
  /** The container that has this contid already. */
  readonly existing?: {
    /** The caller registered it. */
    readonly owned: boolean;
    /** A task is in it; else it is kept for signal info or for containers nested in it. */
    readonly live: boolean;
  };
  /** Limits that the set would go over: nesting, contids of the network namespace, contids. */
  readonly over?: "depth" | "netns" | "total";
}

/** A task whose contid or capcontid is read. */
export interface ReadTarget {
  readonly gone: boolean;
}

/** A capcontid that a task is to get. */
export interface CapcontidTarget extends WriteTarget {
  /** The value is 0 or 1. */
  readonly flag: boolean;
  /** The task is a proper descendant of the caller. */
  readonly descendant: boolean;
}

/** An audit user ID that a task is to get. */
export interface LoginuidTarget {
  /** The task is the caller. */
  readonly self: boolean;
  readonly offset: number;
  /** What reading the text gave: 0, EINVAL or ERANGE; EINVAL for a user that is not mapped. */
  readonly text: number;
  /** The value is that of an unset auid. */
  readonly unset: boolean;
  /** The task has an auid. */
  readonly has: boolean;
  /** Feature loginuid_immutable is on. */
  readonly immutable: boolean;
  /** Feature only_unset_loginuid is on. */
  readonly onlyUnset: boolean;
}

/** A scope that is asked or told something; undefined = the host. */
export interface ScopeTarget {
  readonly scope: bigint | undefined;
  /** The scope is there. Default: true. */
  readonly exists?: boolean;
  /** Its configuration is locked (`enabled` is 2). Default: false. */
  readonly locked?: boolean;
}

/** The registration of a daemon in the caller's own scope. */
export interface DaemonTarget {
  /** The pid of the request is the caller's own thread group. */
  readonly ownPid: boolean;
  /** A daemon that answers is registered. */
  readonly taken: boolean;
}

/** The end of a daemon's registration. */
export interface DaemonStopTarget {
  /** The caller is the registered daemon. */
  readonly registered: boolean;
}

/** A request on the audit netlink socket. */
export interface NetlinkTarget {
  /** Type in the message header. */
  readonly type: number;
  /** The opener of the socket held the capability too. Default: true. */
  readonly opener?: boolean;
}

/** A record from user space. */
export interface UserRecordTarget extends NetlinkTarget {
  /** Bytes of payload. */
  readonly length: number;
}

/** A registered container that is to end. */
export interface EndTarget {
  readonly exists: boolean;
  /** The caller registered it. */
  readonly owned: boolean;
}
