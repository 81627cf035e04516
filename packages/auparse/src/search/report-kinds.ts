import { RecordType } from "@cauditd/libaudit/vocabulary";
import type { Wanted } from "./facts.ts";

/** The reports of aureport 3.0.9 that there are. */
export type ReportKind =
  | "account"
  | "anomaly"
  | "auth"
  | "avc"
  | "comm"
  | "config"
  | "crypto"
  | "event"
  | "exe"
  | "file"
  | "host"
  | "integrity"
  | "key"
  | "log"
  | "login"
  | "mac"
  | "pid"
  | "response"
  | "summary"
  | "syscall"
  | "terminal"
  | "tty"
  | "user"
  | "virt";

/** How one report looks, and what it needs. */
export interface ReportShape {
  readonly title: string;
  readonly columns: string;
  /** Length of the lines around the columns; aureport's differ by a character here and there. */
  readonly rule: number;
  readonly lastRule?: number;
  readonly summaryTitle: string;
  /** What is counted. */
  readonly summaryColumn: string;
  readonly summaryRule: number;
  readonly want: Wanted;
}

const AUID: Wanted = { auid: true };
const WHO: Wanted = { auid: true, exe: true, host: true, terminal: true };

function shape(
  title: string,
  columns: string,
  rule: number,
  summary: readonly [title: string, column: string, rule: number],
  want: Wanted,
): ReportShape {
  const [summaryTitle, summaryColumn, summaryRule] = summary;
  return { title, columns, rule, summaryTitle, summaryColumn, summaryRule, want };
}

/** Every report but the summary of all and the time ranges. */
export const REPORTS: ReadonlyMap<ReportKind, ReportShape> = new Map([
  [
    "account",
    shape(
      "Account Modifications Report",
      "auid addr term exe acct success event",
      49,
      ["Acct Modification", "type", 32],
      WHO,
    ),
  ],
  [
    "anomaly",
    shape("Anomaly Report", "type exe term host auid event", 41, ["Anomaly", "type", 22], {
      ...WHO,
      comm: true,
    }),
  ],
  [
    "auth",
    shape(
      "Authentication Report",
      "acct host term exe success event",
      44,
      ["Authentication", "acct", 29],
      { exe: true, host: true, terminal: true, uid: true },
    ),
  ],
  [
    "avc",
    shape(
      "AVC Report",
      "comm subj syscall class permission obj result event",
      63,
      ["Avc Object", "obj", 33],
      { comm: true, subject: true, object: true },
    ),
  ],
  [
    "comm",
    {
      ...shape("Command Report", "comm term host auid event", 36, ["Command", "command", 33], {
        auid: true,
        comm: true,
        host: true,
        terminal: true,
      }),
      lastRule: 37,
    },
  ],
  [
    "config",
    shape(
      "Config Change Report",
      "type auid success event",
      35,
      ["Config Change", "type", 28],
      AUID,
    ),
  ],
  ["crypto", shape("Crypto Report", "auid type success event", 35, ["Crypto", "type", 21], AUID)],
  ["event", shape("Event Report", "event type auid success", 35, ["Event", "type", 22], AUID)],
  [
    "exe",
    shape("Executable Report", "exe term host auid event", 36, ["Executable", "file", 33], WHO),
  ],
  [
    "file",
    shape("File Report", "file syscall success exe auid event", 47, ["File", "file", 27], {
      auid: true,
      exe: true,
      file: true,
    }),
  ],
  [
    "host",
    shape("Host Report", "host syscall auid event", 35, ["Host", "host", 27], {
      auid: true,
      host: true,
    }),
  ],
  [
    "integrity",
    shape("Integrity Report", "type success event", 30, ["Integrity", "type", 24], AUID),
  ],
  [
    "key",
    shape("Key Report", "key success exe auid event", 47, ["Key", "key", 27], {
      auid: true,
      exe: true,
      key: true,
    }),
  ],
  [
    "login",
    shape("Login Report", "auid host term exe success event", 44, ["Login", "auid", 28], WHO),
  ],
  ["mac", shape("MAC Report", "auid type success event", 35, ["MAC", "type", 18], AUID)],
  [
    "pid",
    shape("Process ID Report", "pid exe syscall auid event", 38, ["Pid", "pid", 26], {
      auid: true,
      exe: true,
    }),
  ],
  [
    "response",
    shape(
      "Response to Anomaly Report",
      "type success event",
      30,
      ["Anomaly Response", "type", 31],
      {},
    ),
  ],
  [
    "syscall",
    shape("Syscall Report", "syscall pid comm auid event", 39, ["Syscall", "syscall", 26], {
      auid: true,
      comm: true,
    }),
  ],
  [
    "terminal",
    shape("Terminal Report", "term host exe auid event", 36, ["Terminal", "terminal", 31], WHO),
  ],
  [
    "tty",
    shape("TTY Report", "event auid term sess comm data", 47, ["TTY", "data", 0], {
      auid: true,
      comm: true,
      session: true,
      terminal: true,
    }),
  ],
  [
    "user",
    shape("User ID Report", "auid term host exe event", 36, ["User", "auid", 27], {
      ...WHO,
      uid: true,
    }),
  ],
  [
    "virt",
    shape("Virtualization Report", "type success event", 30, ["Virtualization", "type", 29], {}),
  ],
]);

/** What the summary of all needs. */
export const SUMMARY_WANT: Wanted = { ...WHO, comm: true, file: true, key: true };

/** Ranges of record types, first and last. */
export type TypeRange = readonly [number, number];

const one = (type: number): TypeRange => [type, type];

/** Which types make an event one of a report's; for the reports that go by types. */
export const REPORT_TYPES: ReadonlyMap<ReportKind, readonly TypeRange[]> = new Map([
  [
    "account",
    [
      one(RecordType.USER_CHAUTHTOK),
      [RecordType.ADD_USER, RecordType.DEL_GROUP],
      one(RecordType.USER_MGMT),
      one(RecordType.GRP_MGMT),
      [RecordType.ROLE_ASSIGN, RecordType.ROLE_REMOVE],
    ],
  ],
  ["anomaly", [[2100, 2199], [1700, 1799], one(RecordType.SECCOMP)]],
  ["avc", [one(RecordType.AVC), one(RecordType.USER_AVC)]],
  [
    "config",
    [
      one(RecordType.CONFIG_CHANGE),
      one(RecordType.DAEMON_CONFIG),
      one(RecordType.USYS_CONFIG),
      one(RecordType.NETFILTER_CFG),
      one(RecordType.FEATURE_CHANGE),
      one(RecordType.USER_MAC_CONFIG_CHANGE),
      [RecordType.MAC_POLICY_LOAD, RecordType.MAC_UNLBL_STCDEL],
    ],
  ],
  [
    "crypto",
    [
      [1600, 1699],
      [2400, 2499],
    ],
  ],
  ["integrity", [[1800, 1899]]],
  ["login", [one(RecordType.USER_LOGIN)]],
  [
    "mac",
    [
      [RecordType.MAC_POLICY_LOAD, RecordType.MAC_UNLBL_STCDEL],
      [2300, 2399],
    ],
  ],
  ["response", [[2200, 2299]]],
  ["tty", [one(RecordType.TTY), one(RecordType.USER_TTY)]],
  ["virt", [[2500, 2599]]],
]);
