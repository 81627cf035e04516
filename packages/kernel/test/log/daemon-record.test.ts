import { readFileSync } from "node:fs";
import {
  abortRecord,
  configRecord,
  type DaemonRecordType,
  DaemonSerials,
  daemonLine,
  endRecord,
  resumeRecord,
  rotateRecord,
  type Sender,
  startRecord,
} from "@cauditd/kernel";
import t from "tap";
import { SENDER, START } from "./policies.ts";

const GOLDEN = new URL("../../../../test/golden/auditd/", import.meta.url);

/** DAEMON lines of a recorded log, up to the enriched part. */
function recorded(log: string): string[] {
  const text = readFileSync(new URL(log, GOLDEN), "latin1");
  const lines = text.split("\n").filter((line) => line.includes("type=DAEMON_"));
  return lines.map((line) => line.split("\x1d")[0] ?? "");
}

t.test("the records are those that auditd 3.0.9 wrote, byte for byte", async (t) => {
  t.same(
    [
      ...recorded("w4_RAWNONE/audit.log.1"),
      ...recorded("w_RAW_USER/audit.log"),
      ...recorded("w4_ENRICHEDNONE/audit.log.1"),
    ],
    [
      ...recorded("w4_RAWNONE/audit.log.1").map(() =>
        daemonLine(startRecord(START), 1795459790664, 7388).trimEnd(),
      ),
      ...rebuilt("w_RAW_USER/audit.log", "mynode"),
      ...recorded("w4_ENRICHEDNONE/audit.log.1").map(() =>
        daemonLine(
          startRecord({ ...START, format: "ENRICHED", self: { ...START.self, pid: 27024 } }),
          1795459798264,
          7765,
        ).trimEnd(),
      ),
    ],
  );
});

/** The lines of a recorded log built again from their type, stamp and sender. */
function rebuilt(log: string, node?: string): string[] {
  const records: Readonly<Record<string, (sender: Sender) => ReturnType<typeof endRecord>>> = {
    DAEMON_ROTATE: rotateRecord,
    DAEMON_CONFIG: (sender) => configRecord(sender, true),
    DAEMON_RESUME: resumeRecord,
    DAEMON_END: endRecord,
  };
  return recorded(log).map((line) => {
    const [, type = "", seconds, millis, serial] =
      /type=(\S+) msg=audit\((\d+)\.(\d+):(\d+)\)/.exec(line) ?? [];
    const build = records[type];
    if (build === undefined) throw new Error(`no such record: ${line}`);
    const time = Number(seconds) * 1000 + Number(millis);
    return daemonLine(build(SENDER), time, Number(serial), node).trimEnd();
  });
}

t.test("with a security module its label stands before res=", async (t) => {
  const sender = { ...SENDER, subj: "unconfined" };
  t.match(endRecord(sender).body, / pid=14863 subj=unconfined res=success$/);
  t.match(startRecord({ ...START, self: sender }).body, / ses=\d+ subj=unconfined res=success$/);
  t.match(configRecord(sender, true).body, / subj=unconfined res=success$/);
});

t.test("a configuration that was refused is recorded as failed", async (t) => {
  t.same(configRecord(SENDER, false), {
    type: "DAEMON_CONFIG",
    body: "op=reconfigure state=no-change auid=0 uid=0 ses=4294967295 pid=14863 res=failed",
  });
});

t.test("an abort says what failed", async (t) => {
  t.equal(
    abortRecord("set-pid", SENDER).body,
    "op=set-pid auid=0 pid=14863 uid=0 ses=4294967295 res=failed",
  );
  t.equal(abortRecord("error-halt", SENDER).body, "op=error-halt auid=0 pid=14863 res=failed");
});

t.test("AUD-135: serials start below 10000 and rise by one, DAEMON_CONFIG draws", async (t) => {
  const drawn = [0, 7388, 5176, 42];
  const serials = new DaemonSerials((bound) => {
    t.equal(bound, 10_000);
    return drawn.shift() ?? 0;
  });
  const types: DaemonRecordType[] = [
    "DAEMON_START",
    "DAEMON_ROTATE",
    "DAEMON_CONFIG",
    "DAEMON_RESUME",
    "DAEMON_CONFIG",
    "DAEMON_END",
  ];
  t.same(
    types.map((type) => serials.next(type)),
    [0, 7388, 5176, 7389, 42, 7390],
  );
});

t.test("a stamp has milliseconds of three digits", async (t) => {
  t.match(daemonLine(endRecord(SENDER), 1700000000005.9, 1), "msg=audit(1700000000.005:1): op=");
});
