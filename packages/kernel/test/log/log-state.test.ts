import { readFileSync } from "node:fs";
import { type ReportContext, stateReport } from "@cauditd/kernel";
import t from "tap";
import { free, MB, running } from "./policies.ts";

const GOLDEN = new URL("../../../../test/golden/auditd/w_RAW_NONE/state.txt", import.meta.url);

const CONTEXT: ReportContext = {
  version: "3.0.9",
  time: "11/23/26 18:47:28",
  priority: 0,
  free: 77339 * MB + 5,
  queue: { readers: 0, depth: 0, maxDepth: 0, size: 0, overflowed: false, suspended: false },
};

t.test("the report is auditd 3.0.9's, line by line", async (t) => {
  const golden = readFileSync(GOLDEN, "latin1");
  t.equal(stateReport(running({}, 900).state, CONTEXT), golden);
});

t.test("the report tells what was done and what is wrong", async (t) => {
  const policy = running({ admin_space_left_action: { action: "SYSLOG" } }, 3 * MB);
  policy.sampled(free(10));
  policy.rotated(2, 2048);
  policy.failed("write", 5);
  const queue = { ...CONTEXT.queue, readers: 2, depth: 3, maxDepth: 9, size: 2000 };
  const report = stateReport(policy.state, { ...CONTEXT, queue });
  for (const line of [
    "current log size = 2 KB",
    "logs detected last rotate/shift = 3",
    "logging suspended = yes",
    "file system space action performed = yes",
    "admin space action performed = yes",
    "Number of active plugins = 2",
    "current plugin queue depth = 3",
    "max plugin queue depth used = 9",
    "plugin queue size = 2000",
  ]) {
    t.match(report, `${line}\n`);
  }
});

t.test("without a log there is no part about it", async (t) => {
  const report = stateReport(running({ write_logs: false }).state, CONTEXT);
  t.match(report, "writing to logs = no\nNumber of active plugins");
});

t.test("a file system that does not answer leaves its lines out", async (t) => {
  const report = stateReport(running().state, { ...CONTEXT, free: undefined });
  t.notMatch(report, "space_left setting");
});
