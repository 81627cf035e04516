// A real small file system that runs full, is read-only, or vanishes below a log.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { z } from "zod";

const PROGRAM = fileURLToPath(new URL("full-disk.mjs", import.meta.url));
const MEGABYTE = 1_048_576;
/** Most that is written between two looks at the free space: a batch, and the least distance. */
const SLACK = 64 * 1024;
const LOW = "Audit daemon is low on disk space for logging";
const LOW_SUSPENDED = "Audit daemon is suspending logging due to low disk space.";
const FULL = "Audit daemon has no space left on logging partition";
const FULL_SUSPENDED =
  "Audit daemon is suspending logging due to no space left on logging partition.";
const ROTATING = "Audit daemon rotating log files";
const RESUMING = "Audit daemon is attempting to resume logging.";
const RESUMED = "Audit daemon resumed logging.";

const outcome = z.object({ written: z.number(), lost: z.number() });
const files = z.object({ serials: z.array(z.number()), whole: z.boolean() });
const report = z.object({
  acked: z.array(z.number()),
  serial: z.number(),
  lost: z.number(),
  done: z.array(z.object({ text: z.string(), free: z.number() })),
  free: z.number().optional(),
  before: files.optional(),
  suspended: z.union([z.boolean(), outcome, z.array(outcome)]).optional(),
  written: files.optional(),
  stillSuspended: outcome.optional(),
  refused: z.boolean().optional(),
  resumes: z.boolean(),
  behind: outcome,
  after: files,
  code: z.string().optional(),
  rotations: z.number(),
});

/** Lines of an auditd.conf, by what is done at the two marks and behind them. */
function conf(low: string, veryLow: string, full: string): string {
  return `log_format = RAW
flush = NONE
max_log_file = 8
max_log_file_action = ROTATE
num_logs = 3
space_left = 3
space_left_action = ${low}
admin_space_left = 1
admin_space_left_action = ${veryLow}
disk_full_action = ${full}
disk_error_action = SUSPEND
`;
}

/** Runs a scenario on a tmpfs of 6 MB, of which 2.5 MB are somebody else's. */
function run(t: Test, scenario: string, text: string): z.infer<typeof report> {
  const folder = t.testdir({ place: {}, "auditd.conf": text });
  const args = [PROGRAM, scenario, join(folder, "place"), join(folder, "auditd.conf")];
  const { status, stdout, stderr } = spawnSync("unshare", ["-rm", process.execPath, ...args], {
    encoding: "utf8",
    maxBuffer: 64 * MEGABYTE,
    timeout: 120_000,
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (status !== 0) throw new Error(`${scenario}: exit code ${status}: ${stderr}`);
  return report.parse(JSON.parse(stdout));
}

/** Every event that was acknowledged is in the log, and nothing else; the others are counted. */
function isExact(t: Test, found: z.infer<typeof report>): void {
  t.strictSame(found.after.serials, found.acked, "the log holds what was acknowledged");
  t.ok(found.after.whole, "in whole lines");
  t.equal(found.acked.length + found.lost, found.serial, "the rest is counted as lost");
}

const texts = ({ done }: z.infer<typeof report>): string[] => done.map(({ text }) => text);
const NOTHING_WRITTEN = { written: 0, lost: 20 };
const ALL_WRITTEN = { written: 20, lost: 0 };

t.test("a mount namespace of one's own is to be had", async (t) => {
  // Without it nothing here can be shown: then this fails, and says why.
  t.doesNotThrow(() => execFileSync("unshare", ["-rm", "true"], { stdio: "pipe" }));
});

for (const scenario of ["marks", "resume_with_space"]) {
  t.test(`AUD-133: SYSLOG and SUSPEND happen at their marks; ${scenario}`, async (t) => {
    const found = run(t, scenario, conf("SYSLOG", "SUSPEND", "SUSPEND"));
    t.strictSame(texts(found), [LOW, LOW_SUSPENDED, RESUMING, RESUMED]);
    const [low, veryLow] = found.done.map(({ free }) => free);
    for (const [mark, free] of [
      [3 * MEGABYTE, low ?? 0],
      [MEGABYTE, veryLow ?? 0],
    ] as const) {
      t.ok(free < mark && free > mark - SLACK, `${free} bytes free at the mark of ${mark}`);
    }
    t.equal(found.free, veryLow, "nothing is written while it is suspended");
    t.strictSame(found.suspended, [NOTHING_WRITTEN, NOTHING_WRITTEN]);
    t.strictSame(found.written?.serials, found.acked.slice(0, -20));
    const asked = scenario === "marks";
    t.strictSame(found.stillSuspended, asked ? NOTHING_WRITTEN : undefined);
    t.equal(found.resumes, true);
    t.strictSame(found.behind, ALL_WRITTEN);
    isExact(t, found);
  });
}

for (const scenario of ["last blocks", "enospc"]) {
  t.test(`disk_full_action SUSPEND keeps whole events: ${scenario}`, async (t) => {
    const found = run(t, scenario, conf("IGNORE", "IGNORE", "SUSPEND"));
    t.strictSame(texts(found), [FULL, FULL_SUSPENDED, RESUMING, RESUMED]);
    const isReal = scenario === "enospc";
    t.equal(found.code, isReal ? "ENOSPC" : undefined);
    const most = isReal ? 0 : 5 * 4096;
    t.ok((found.free ?? Number.NaN) <= most, `${found.free} bytes are free`);
    t.strictSame(found.stillSuspended, NOTHING_WRITTEN, "space alone does not resume it");
    t.strictSame(found.behind, ALL_WRITTEN);
    isExact(t, found);
  });
}

t.test(
  "disk_full_action ROTATE makes room again and again, and loses only old files",
  async (t) => {
    const found = run(t, "rotate", conf("IGNORE", "IGNORE", "ROTATE"));
    t.equal(found.lost, 0, "every event was acknowledged");
    t.ok(found.rotations > 6, `${found.rotations} rotations`);
    t.strictSame([...new Set(texts(found))], [FULL, ROTATING, RESUMING]);
    const kept = found.after.serials;
    t.ok(kept.length > 20);
    t.strictSame(kept, found.acked.slice(-kept.length), "the newest, without a gap");
    t.ok(found.after.whole);
  },
);

t.test(
  "a log whose place became a read-only file system lives, and resumes when asked",
  async (t) => {
    const found = run(t, "read-only", conf("IGNORE", "IGNORE", "SUSPEND"));
    t.equal(found.before?.serials.length, 20);
    t.strictSame(found.suspended, NOTHING_WRITTEN, "counted as lost to the disk");
    t.equal(found.refused, false, "it cannot resume while nothing can be written");
    t.equal(found.resumes, true);
    t.strictSame(found.behind, ALL_WRITTEN);
    t.strictSame(found.after.serials, found.acked);
    t.ok(found.after.whole);
  },
);

t.test(
  "a log that vanished, alone or with its folder, is made anew and loses nothing",
  async (t) => {
    const found = run(t, "vanished", conf("IGNORE", "IGNORE", "SUSPEND"));
    t.equal(found.before?.serials.length, 20);
    t.equal(found.suspended, false);
    t.equal(found.lost, 0);
    t.strictSame(found.after.serials, found.acked, "all that was acknowledged behind it");
    t.ok(found.after.whole);
  },
);
