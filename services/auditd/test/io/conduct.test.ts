import { dirname } from "node:path";
import {
  InstanceLog,
  LogConduct,
  type LogConductOptions,
  type OutwardEffect,
} from "@cauditd/auditd";
import { DaemonSerials, LogPolicy, type Sender } from "@cauditd/kernel";
import { AUDITD_CONF_DEFAULTS, type AuditdConf } from "@cauditd/libaudit";
import t from "tap";
import { Told } from "../hand-bus.ts";
import { diskError, FaultDisk } from "./fault-disk.ts";

const LOG = "/logs/audit.log";
const SENDER: Sender = { auid: 0, uid: 0, ses: 4294967295, pid: 14863 };
const SELF: Sender = { auid: 4294967295, uid: 0, ses: 4294967295, pid: 26426 };
const KB_IN_MB = 1 / 1024;

const CONF: AuditdConf = {
  ...AUDITD_CONF_DEFAULTS,
  log_format: "RAW",
  max_log_file: 8,
  max_log_file_action: "ROTATE",
  num_logs: 3,
  space_left: { value: 2, unit: "MB" },
  admin_space_left: { value: 1, unit: "MB" },
  disk_full_action: { action: "SUSPEND" },
  disk_error_action: { action: "SUSPEND" },
};

/** A log that is kept by a configuration, on a disk that can fail. */
class Rig {
  readonly disk: FaultDisk = new FaultDisk();
  readonly done: OutwardEffect[] = [];
  readonly told: Told = new Told();

  async open(
    conf: Partial<AuditdConf> = {},
    options: Partial<LogConductOptions> = {},
  ): Promise<InstanceLog> {
    const conduct = new LogConduct({
      policy: new LogPolicy({ ...CONF, ...conf }),
      actions: { perform: (effect) => this.done.push(effect) },
      serials: new DaemonSerials(() => 7388),
      now: () => 1795459790664,
      start: { version: "3.0.9", format: "RAW", kernel: "6.18.44-fc-v657", self: SELF },
      ...options,
    });
    return InstanceLog.open(LOG, { disk: this.disk, conduct, log: this.told });
  }

  /** Types of the records of a file. */
  types(path: string = LOG): string[] {
    const lines = (this.disk.text(path) ?? "").split("\n").slice(0, -1);
    return lines.map((line) => /type=(\S+)/.exec(line)?.[1] ?? line);
  }
}

let serial = 0;
function batch(events: number, size = 40): { bytes: Buffer; events: number } {
  let text = "";
  for (let i = 0; i < events; i++) {
    text += `type=A msg=audit(1.000:${++serial}): ${"x".repeat(size)}\n`;
  }
  return { bytes: Buffer.from(text, "latin1"), events };
}

t.test("a daemon's life is in its log, as auditd writes it", async (t) => {
  const rig = new Rig();
  const log = await rig.open();
  await log.append(batch(1));
  t.equal(await log.rotate(SENDER), true);
  await log.reload({ ...CONF, freq: 9 }, SENDER);
  await log.reload(undefined, SENDER);
  await log.resume(SENDER);
  await log.close(SENDER);
  t.match(
    rig.disk.text(`${LOG}.1`),
    /^type=DAEMON_START msg=audit\(1795459790\.664:7388\): op=start ver=3\.0\.9 format=raw /,
  );
  t.same(rig.types(`${LOG}.1`), ["DAEMON_START", "A"]);
  t.same(
    rig.types(),
    ["DAEMON_ROTATE", "DAEMON_CONFIG", "DAEMON_CONFIG", "DAEMON_RESUME", "DAEMON_END"],
    "AUD-134: DAEMON_ROTATE is the first line of the new file",
  );
  t.match(rig.disk.text(LOG), / op=terminate auid=0 uid=0 ses=4294967295 pid=14863 res=success\n$/);
});

t.test("a line of the daemon is decorated as the others are", async (t) => {
  const rig = new Rig();
  const decorate = (line: Buffer) => Buffer.concat([Buffer.from("node=n "), line]);
  await (await rig.open({}, { decorate })).close();
  for (const line of rig.disk.text(LOG)?.trim().split("\n") ?? []) t.match(line, /^node=n type=/);
});

t.test(
  "AUD-129, AUD-136: rotated files and their modes follow log_group and num_logs",
  async (t) => {
    for (const [group, current, rotated] of [
      [0, 0o600, 0o400],
      [4, 0o640, 0o440],
    ] as const) {
      const rig = new Rig();
      const log = await rig.open({ max_log_file: KB_IN_MB, log_group: group });
      for (let i = 0; i < 10; i++) await log.append(batch(20));
      t.same([...rig.disk.names.keys()].filter((path) => path.startsWith(LOG)).sort(), [
        LOG,
        `${LOG}.1`,
        `${LOG}.2`,
      ]);
      t.equal((await rig.disk.status(LOG))?.mode, current);
      t.equal((await rig.disk.status(`${LOG}.1`))?.mode, rotated);
      const owned = group === 0 ? [] : [dirname(LOG), LOG];
      t.same(
        [...rig.disk.groups],
        owned.map((path) => [path, group]),
      );
      await log.close();
    }
  },
);

t.test("each space action happens at its mark, and what was written stays", async (t) => {
  const rig = new Rig();
  let free = 3 * 1_048_576;
  rig.disk.space = async () => ({ free, total: 10 * 1_048_576, block: 4096 });
  const log = await rig.open({
    space_left_action: { action: "EMAIL" },
    admin_space_left_action: { action: "SUSPEND" },
  });
  let written = 0;
  for (let i = 0; i < 200 && !log.state.suspended; i++) {
    const outcome = await log.append(batch(10, 2000));
    written += outcome.written;
    free -= 20_000;
  }
  t.equal(log.state.suspended, true);
  t.match(
    rig.done.filter(({ kind }) => kind === "mail"),
    [{ to: "root", subject: "Audit Disk Space Alert" }],
  );
  t.ok(free < 1_048_576 && free > 900_000, `suspended with ${free} bytes free`);
  t.equal(rig.types().filter((type) => type === "A").length, written);
  t.same(await log.append(batch(1)), { written: 0, lost: 1 });
  free = 9 * 1_048_576;
  t.equal(await log.resume(SENDER), true);
  t.same(await log.append(batch(1)), { written: 1, lost: 0 });
  await log.close();
});

t.test("a full disk with disk_full_action = ROTATE goes on in a new file", async (t) => {
  const rig = new Rig();
  const log = await rig.open({ disk_full_action: { action: "ROTATE" } });
  let failing = true;
  rig.disk.fault = ({ kind, path }) => {
    if (kind !== "append" || !failing) return undefined;
    failing = false;
    return diskError("ENOSPC", path);
  };
  t.same(await log.append(batch(3)), { written: 3, lost: 0 });
  t.same(rig.types(`${LOG}.1`), ["DAEMON_START"]);
  t.same(rig.types(), ["A", "A", "A"]);
  await log.close();
});

t.test("disk_error_action = IGNORE loses what was not written, and goes on", async (t) => {
  const rig = new Rig();
  const log = await rig.open({ disk_error_action: { action: "IGNORE" } });
  rig.disk.fault = ({ kind, path }) => (kind === "append" ? diskError("EIO", path) : undefined);
  t.same(await log.append(batch(3)), { written: 0, lost: 3 });
  t.equal(log.state.suspended, false);
  rig.disk.fault = () => undefined;
  t.same(await log.append(batch(2)), { written: 2, lost: 0 });
  await log.close();
});

t.test("AUD-130: USR1 with num_logs below 2 says why nothing rotates", async (t) => {
  const rig = new Rig();
  const log = await rig.open({ num_logs: 1 });
  t.equal(await log.rotate(SENDER), false);
  t.match(rig.done, [
    { priority: "notice", text: "Log rotation disabled (num_logs < 2), skipping" },
  ]);
  await log.close();
});

t.test("without DAEMON_START no record of the daemon is written", async (t) => {
  const rig = new Rig();
  const log = await InstanceLog.open(LOG, {
    disk: rig.disk,
    log: rig.told,
    conduct: new LogConduct({
      policy: new LogPolicy(CONF),
      actions: { perform: () => undefined },
      serials: new DaemonSerials(() => 1),
      now: () => 0,
    }),
  });
  await log.append(batch(1));
  await log.close(SENDER);
  t.same(rig.types(), ["A"]);
});
