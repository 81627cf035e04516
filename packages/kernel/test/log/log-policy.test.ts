import { LogPolicy } from "@cauditd/kernel";
import { AUDITD_CONF_DEFAULTS, Errno, type FailureAction } from "@cauditd/libaudit";
import t from "tap";
import { brief, type CONF, free, MB, running, SENDER } from "./policies.ts";

const ROTATING = "notice: Audit daemon rotating log files";
const FULL = "alert: Audit daemon has no space left on logging partition";
const LOW = "alert: Audit daemon is low on disk space for logging";
const EXEC: FailureAction = { action: "EXEC", exe: "/bin/true" };

/** Effects of one more record behind which the file has `size` bytes; none for syncs and looks. */
function atSize(policy: LogPolicy, size: number): string[] {
  const effects = brief(policy.wrote(1, 100, size));
  return effects.filter((effect) => !/^(sync|sample)/.test(effect));
}

t.test("each size action is taken from max_log_file on, not before", async (t) => {
  for (const [action, expected] of [
    ["IGNORE", []],
    ["SYSLOG", ["err: Audit daemon log file is larger than max size"]],
    ["SUSPEND", ["err: Audit daemon is suspending logging due to logfile size.", "close"]],
    ["ROTATE", [ROTATING, "rotate 4"]],
    ["KEEP_LOGS", [`${ROTATING} with keep option`, "rotate Infinity"]],
  ] as const) {
    const policy = running({ max_log_file_action: action });
    t.same(atSize(policy, 8 * MB - 1), [], action);
    t.same(atSize(policy, 8 * MB), expected, action);
    t.equal(policy.limit, action === "IGNORE" ? Infinity : 8 * MB);
    t.equal(policy.accepts, action !== "SUSPEND");
  }
});

t.test("SYSLOG says it for each write while the log is too large", async (t) => {
  const policy = running({ max_log_file_action: "SYSLOG" });
  for (let i = 0; i < 7; i++) t.equal(atSize(policy, 8 * MB + i).length, 1);
});

t.test("AUD-130: with fewer than two logs nothing rotates, USR1 says so", async (t) => {
  for (const logs of [0, 1]) {
    const policy = running({ num_logs: logs });
    t.same(atSize(policy, 9 * MB), []);
    t.equal(policy.limit, Infinity);
    t.same(brief(policy.rotate(SENDER)), [
      "notice: Log rotation disabled (num_logs < 2), skipping",
      "write DAEMON_ROTATE",
    ]);
  }
});

t.test("AUD-131: with max_log_file = 0 ROTATE rotates after every record", async (t) => {
  const policy = running({ max_log_file: 0 });
  t.equal(policy.limit, 0);
  for (let i = 0; i < 3; i++) {
    t.same(atSize(policy, 100), [ROTATING, "rotate 4"]);
    t.same(policy.rotated(1, 0), []);
  }
});

t.test("AUD-132: KEEP_LOGS rotates without a bound, whatever num_logs says", async (t) => {
  const policy = running({ max_log_file_action: "KEEP_LOGS", num_logs: 0 });
  t.same(brief(policy.rotate(SENDER)), ["rotate Infinity", "write DAEMON_ROTATE"]);
  t.equal(policy.mostRotated, Infinity);
});

t.test("the incremental kinds sync each freq records, the others never", async (t) => {
  const syncs = (flush: (typeof CONF)["flush"], writes: readonly number[]) => {
    const policy = running({ flush, freq: 3 });
    return writes.map((records) =>
      brief(policy.wrote(records, 1, 1)).filter((effect) => effect.startsWith("sync")),
    );
  };
  const wait = [[], [], ["sync"], [], [], ["sync"]];
  t.same(syncs("INCREMENTAL", [1, 1, 1, 1, 1, 1]), wait);
  t.same(syncs("INCREMENTAL", [2, 2, 2, 1]), [[], ["sync"], [], ["sync"]]);
  t.same(syncs("INCREMENTAL", [10, 1, 1]), [["sync"], [], []]);
  t.same(syncs("INCREMENTAL_ASYNC", [3]), [["sync behind"]]);
  for (const flush of ["NONE", "DATA", "SYNC"] as const) t.same(syncs(flush, [9]), [[]]);
});

t.test("space_left: each action is taken once below the mark", async (t) => {
  for (const [action, expected] of [
    [{ action: "IGNORE" }, []],
    [{ action: "SYSLOG" }, [LOW]],
    [{ action: "EMAIL" }, ["mail root: Audit Disk Space Alert", LOW]],
    [EXEC, ["close", "exec /bin/true"]],
    [
      { action: "SUSPEND" },
      ["alert: Audit daemon is suspending logging due to low disk space.", "close"],
    ],
    [
      { action: "SINGLE" },
      ["alert: The audit daemon is now changing the system to single user mode", "runlevel single"],
    ],
    [{ action: "HALT" }, ["alert: The audit daemon is now halting the system", "runlevel halt"]],
  ] as const) {
    const policy = running({ space_left_action: action });
    t.same(policy.sampled(free(75)), [], action.action);
    t.same(brief(policy.sampled(free(74.9))), expected, action.action);
    t.same(policy.sampled(free(74.8)), [], action.action);
    t.equal(policy.state.spaceActionDone, true);
  }
});

t.test("ROTATE for want of space rotates each time", async (t) => {
  const policy = running({ space_left_action: { action: "ROTATE" } });
  for (let i = 0; i < 3; i++) t.same(brief(policy.sampled(free(70))), [ROTATING, "rotate 4"]);
  const single = running({ space_left_action: { action: "ROTATE" }, num_logs: 1 });
  t.same(single.sampled(free(70)), []);
});

t.test("SYSLOG is said again after the space came back, EMAIL is not", async (t) => {
  for (const [action, count] of [
    ["SYSLOG", 1],
    ["EMAIL", 0],
  ] as const) {
    const policy = running({ space_left_action: { action } });
    policy.sampled(free(70));
    policy.sampled(free(80));
    t.equal(policy.sampled(free(70)).length, count, action);
  }
});

t.test("admin_space_left has its own mark, its own words and its own memory", async (t) => {
  const policy = running({
    space_left_action: { action: "SYSLOG" },
    admin_space_left_action: { action: "EMAIL" },
  });
  t.same(brief(policy.sampled(free(60))), [LOW]);
  t.equal(policy.state.adminSpaceActionDone, false);
  t.same(brief(policy.sampled(free(49))), [
    "mail root: Audit Admin Space Alert",
    "alert: Audit daemon is very low on disk space for logging",
  ]);
  t.equal(policy.state.adminSpaceActionDone, true);
  t.same(policy.sampled(free(48)), []);
});

t.test("both marks passed at once: both actions, until one suspends", async (t) => {
  t.same(brief(running().sampled(free(1))), [
    LOW,
    "alert: Audit daemon is suspending logging due to low disk space.",
    "close",
  ]);
  const policy = running({ space_left_action: { action: "SUSPEND" } });
  t.equal(policy.sampled(free(1)).length, 2);
  t.equal(policy.suspended, "space");
});

t.test("a percentage is of the partition", async (t) => {
  const policy = running({
    space_left: { value: 25, unit: "%" },
    admin_space_left: { value: 10, unit: "%" },
    admin_space_left_action: { action: "SYSLOG" },
  });
  t.same(policy.sampled(free(250)), []);
  t.equal(policy.state.spaceLeft, 250);
  t.same(brief(policy.sampled(free(249))), [LOW]);
  t.same(brief(policy.sampled(free(99))), [LOW]);
});

t.test("percentages that come out in the wrong order are complained about once", async (t) => {
  const policy = running({ space_left: { value: 1, unit: "%" } });
  t.same(brief(policy.sampled(free(900))), [
    "err: Error - space_left(10) must be larger than admin_space_left(50)",
  ]);
  t.same(policy.sampled(free(900)), []);
});

t.test("disk_full: each action is taken once when the last blocks are left", async (t) => {
  const suspends =
    "alert: Audit daemon is suspending logging due to no space left on logging partition.";
  for (const [action, expected] of [
    [{ action: "IGNORE" }, [FULL]],
    [{ action: "SYSLOG" }, [FULL]],
    [{ action: "ROTATE" }, [FULL, ROTATING, "rotate 4"]],
    [EXEC, [FULL, "close", "exec /bin/true"]],
    [{ action: "SUSPEND" }, [FULL, suspends, "close"]],
    [
      { action: "SINGLE" },
      [
        FULL,
        "alert: The audit daemon is now changing the system to single user mode due to no space" +
          " left on logging partition",
        "runlevel single",
      ],
    ],
    [
      { action: "HALT" },
      [
        FULL,
        "alert: The audit daemon is now halting the system due to no space left on logging" +
          " partition",
        "runlevel halt",
      ],
    ],
  ] as const) {
    const conf = { disk_full_action: action };
    const sampled = running(conf);
    const last = { free: 5 * 4096 - 1, total: 1000 * MB, block: 4096 };
    t.same(brief(sampled.sampled(last)), expected, action.action);
    t.equal(sampled.state.hasSpace, false);
    const again = action.action === "ROTATE" ? expected : [];
    t.same(brief(sampled.sampled(last)), again, action.action);
    const failed = running(conf);
    t.same(brief(failed.failed("write", Errno.ENOSPC)), expected, action.action);
    t.same(brief(failed.failed("write", Errno.ENOSPC)), again, action.action);
    failed.sampled(free(900));
    const count = failed.failed("write", Errno.ENOSPC).length;
    t.equal(count, expected.length, "again after the space came back");
  }
});

t.test("disk_error: each action, by the step and the error", async (t) => {
  for (const [action, expected] of [
    [{ action: "IGNORE" }, []],
    [
      { action: "SYSLOG" },
      [
        "alert: fsync: Audit daemon detected an error writing an event to disk" +
          " (Input/output error)",
      ],
    ],
    [EXEC, ["close", "exec /bin/true"]],
    [
      { action: "SUSPEND" },
      [
        "alert: Audit daemon is suspending logging due to previously mentioned write error",
        "close",
      ],
    ],
    [
      { action: "SINGLE" },
      [
        "alert: The audit daemon is now changing the system to single user mode due to previously" +
          " mentioned write error",
        "runlevel single",
      ],
    ],
    [
      { action: "HALT" },
      [
        "alert: The audit daemon is now halting the system due to previously mentioned write" +
          " error.",
        "runlevel halt",
      ],
    ],
  ] as const) {
    const policy = running({ disk_error_action: action });
    t.same(brief(policy.failed("fsync", Errno.EIO)), expected, action.action);
    t.equal(policy.accepts, !["EXEC", "SUSPEND"].includes(action.action));
  }
});

t.test("SYSLOG tells five errors until a write succeeds", async (t) => {
  const policy = running({ disk_error_action: { action: "SYSLOG" } });
  const said = () => {
    let count = 0;
    for (let i = 0; i < 9; i++) count += policy.failed("write", Errno.EROFS).length;
    return count;
  };
  t.equal(said(), 5);
  t.equal(policy.state.diskError, true);
  policy.wrote(1, 1, 1);
  t.equal(policy.state.diskError, false);
  t.equal(said(), 5);
});

t.test("SINGLE for write errors is carried out once until a write succeeds", async (t) => {
  const policy = running({ disk_error_action: { action: "SINGLE" } });
  t.equal(policy.failed("write", Errno.EIO).length, 2);
  t.equal(policy.failed("write", Errno.EIO).length, 0);
  policy.wrote(1, 1, 1);
  t.equal(policy.failed("write", Errno.EIO).length, 2);
});

t.test("a log that cannot be opened is suspended, with the step's words", async (t) => {
  for (const [step, text] of [
    ["resume", "warning: Could not reopen a log after resume logging"],
    ["reconfig", "err: Could not reopen a log after reconfigure"],
    ["reopen", "crit: Could not reopen a log after rotating."],
  ] as const) {
    const policy = running({ disk_error_action: { action: "SYSLOG" } });
    const error = "Audit daemon detected an error writing an event to disk (Permission denied)";
    t.same(brief(policy.openFailed(step, Errno.EACCES)), [text, `alert: ${step}: ${error}`]);
    t.equal(policy.suspended, "error");
    t.equal(policy.awaitsSpace, false);
  }
});

t.test(
  "a log that is suspended for want of space awaits it only when that is asked for",
  async (t) => {
    for (const resumesWithSpace of [false, true]) {
      const policy = new LogPolicy(AUDITD_CONF_DEFAULTS, { resumesWithSpace });
      policy.openFailed("resume", Errno.ENOSPC);
      t.equal(policy.suspended, "space");
      t.equal(policy.awaitsSpace, resumesWithSpace);
    }
  },
);

t.test("ROTATE on a full disk goes on until the oldest file is gone, and no further", async (t) => {
  const policy = running({ disk_full_action: { action: "ROTATE" }, num_logs: 3 });
  const kinds = () => policy.failed("write", Errno.ENOSPC).map(({ kind }) => kind);
  const acts = ["syslog", "syslog", "rotate"];
  t.same([kinds(), kinds(), kinds(), kinds()], [acts, acts, acts, []]);
  policy.wrote(1, 100, 100);
  t.same(kinds(), acts, "a write that succeeds begins anew");
});

t.test("a rotation that fails is told, and acted upon as a disk that is full or bad", async (t) => {
  const policy = running();
  t.same(brief(policy.rotateFailed("a", "a.1", Errno.ENOSPC)), [
    "err: Error rotating logs from a to a.1 (No space left on device)",
    FULL,
    "alert: Audit daemon is suspending logging due to no space left on logging partition.",
    "close",
  ]);
  const other = running({ disk_error_action: { action: "IGNORE" } });
  t.same(brief(other.rotateFailed("a", "a.1", Errno.EBUSY)), [
    "err: Error rotating logs from a to a.1 (Device or resource busy)",
  ]);
  t.equal(other.accepts, true);
});
