import { LogPolicy } from "@cauditd/kernel";
import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { brief, CONF, free, MB, running, SENDER, START } from "./policies.ts";

const ROTATING = "notice: Audit daemon rotating log files";
const LOW = "alert: Audit daemon is low on disk space for logging";

t.test("a start opens the log and then writes DAEMON_START", async (t) => {
  const policy = new LogPolicy(CONF);
  t.same(brief(policy.start(START)), ["open start", "write DAEMON_START"]);
  t.same(brief(policy.opened("start", 0)), ["remove-beyond 4", "sample"]);
  t.equal(policy.accepts, true);
});

t.test("a log that is too large at the start is seen to at once", async (t) => {
  const policy = new LogPolicy(CONF);
  policy.start(START);
  t.same(brief(policy.opened("start", 8 * MB)), [
    ROTATING,
    "rotate 4",
    "remove-beyond 4",
    "sample",
  ]);
});

t.test("write_logs = no opens nothing and takes nothing", async (t) => {
  const policy = new LogPolicy({ ...CONF, write_logs: false });
  t.same(brief(policy.start(START)), ["write DAEMON_START"]);
  t.equal(policy.accepts, false);
  t.same(brief(policy.rotate(SENDER)), ["write DAEMON_ROTATE"]);
});

t.test("AUD-133: SUSPEND by size takes no more; USR2 resumes, then suspends again", async (t) => {
  const policy = running({ max_log_file_action: "SUSPEND" });
  policy.wrote(1, 100, 8 * MB);
  t.equal(policy.suspended, "size");
  t.same(brief(policy.resume(SENDER)), [
    "notice: Audit daemon is attempting to resume logging.",
    "open resume",
    "notice: Audit daemon resumed logging.",
    "write DAEMON_RESUME",
  ]);
  t.same(brief(policy.opened("resume", 8 * MB)), [
    "err: Audit daemon is suspending logging due to logfile size.",
    "close",
  ]);
  t.equal(policy.accepts, false);
  policy.resume(SENDER);
  t.same(policy.opened("resume", 0), []);
  t.equal(policy.accepts, true);
});

t.test("USR2 without need only says that it tries", async (t) => {
  t.same(brief(running().resume(SENDER)), [
    "notice: Audit daemon is attempting to resume logging.",
    "write DAEMON_RESUME",
  ]);
});

t.test("AUD-134: DAEMON_ROTATE is written behind the rotation", async (t) => {
  const policy = running();
  t.same(brief(policy.rotate(SENDER)), ["rotate 4", "write DAEMON_ROTATE"]);
  t.same(policy.rotated(3, 0), []);
  t.equal(policy.state.knownLogs, 4);
});

t.test("the end writes DAEMON_END and syncs", async (t) => {
  t.same(brief(running().stop(SENDER)), ["write DAEMON_END", "sync"]);
});

t.test("only USR2 resumes what was suspended for space, unless it was asked for", async (t) => {
  const policy = running();
  policy.sampled(free(10));
  t.same(policy.sampled(free(900)), []);
  t.equal(policy.suspended, "space");
  const resuming = running({}, 0, { resumesWithSpace: true });
  resuming.sampled(free(10));
  t.same(resuming.sampled(free(74)), []);
  t.same(brief(resuming.sampled(free(75))), [
    "notice: Audit daemon is attempting to resume logging.",
    "open resume",
    "notice: Audit daemon resumed logging.",
  ]);
  resuming.opened("resume", 10);
  t.equal(resuming.accepts, true);
  resuming.failed("write", Errno.EIO);
  t.same(resuming.sampled(free(900)), [], "an error of the disk does not pass with more space");
});

t.test("HUP without a change only says and records it", async (t) => {
  const policy = running();
  t.same(brief(policy.reload(CONF, SENDER)), [
    "notice: config change requested by pid=14863 auid=0 subj=?",
    "write DAEMON_CONFIG",
  ]);
});

t.test("HUP with a file that is refused keeps the old configuration", async (t) => {
  const policy = running();
  t.same(brief(policy.reloadRefused(SENDER)), ["write DAEMON_CONFIG"]);
  t.equal(policy.conf.max_log_file, 8);
});

t.test("HUP: a new size limit holds at once, and lifts a suspension by size", async (t) => {
  const policy = running({}, 6 * MB);
  t.same(brief(policy.reload({ ...CONF, max_log_file: 5 }, SENDER)).slice(1), [
    ROTATING,
    "rotate 4",
    "write DAEMON_CONFIG",
  ]);
  const suspended = running({ max_log_file_action: "SUSPEND" });
  suspended.wrote(1, 1, 8 * MB);
  const now = { ...CONF, max_log_file_action: "SUSPEND", max_log_file: 9 } as const;
  t.same(brief(suspended.reload(now, SENDER)).slice(1), ["open reconfig", "write DAEMON_CONFIG"]);
  t.same(suspended.opened("reconfig", 8 * MB), []);
  t.equal(suspended.accepts, true);
});

t.test("HUP: flush, log_group and write_logs open the log anew", async (t) => {
  for (const change of [{ flush: "DATA" }, { log_group: 4 }] as const) {
    t.same(brief(running().reload({ ...CONF, ...change }, SENDER)).slice(1), [
      "close",
      "open reconfig",
      "write DAEMON_CONFIG",
    ]);
  }
  const policy = running();
  t.same(brief(policy.reload({ ...CONF, write_logs: false }, SENDER)).slice(1), [
    "close",
    "write DAEMON_CONFIG",
  ]);
  t.equal(policy.accepts, false);
});

t.test("HUP: new marks are looked at, and what was done may be done again", async (t) => {
  const policy = running();
  policy.sampled(free(74));
  const changed = { ...CONF, space_left: { value: 80, unit: "MB" } } as const;
  t.same(brief(policy.reload(changed, SENDER)).slice(1), [
    "remove-beyond 4",
    "sample",
    "write DAEMON_CONFIG",
  ]);
  t.same(brief(policy.sampled(free(74))), [LOW]);
  t.equal(policy.state.spaceLeft, 80);
});
