import { DEFAULT_LOG_SETTINGS, InstanceLog, type InstanceLogOptions } from "@cauditd/auditd";
import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { errnoOf } from "../../src/io/policy-runner.ts";
import { Told } from "../hand-bus.ts";
import { diskError, FaultDisk } from "./fault-disk.ts";

// What a runner performs is tested through the log that it works for: conduct.test.ts.
t.test("the number of an error is that of its name; EIO without one", async (t) => {
  t.equal(errnoOf(diskError("ENOSPC", "/x")), Errno.ENOSPC);
  t.equal(errnoOf(new Error("x")), Errno.EIO);
});

const LOG = "/logs/audit.log";

function event(serial: number) {
  return { bytes: Buffer.from(`type=A msg=audit(1.000:${serial}): x\n`), events: 1 };
}

function rotating(disk: FaultDisk, numLogs: number, more: Partial<InstanceLogOptions> = {}) {
  const settings = { ...DEFAULT_LOG_SETTINGS, sizeAction: "ROTATE" as const, numLogs };
  return InstanceLog.open(LOG, {
    disk,
    settings: { ...settings, maxBytes: 60 },
    log: new Told(),
    ...more,
  });
}

t.test("a rotation on a full disk removes the file that goes anyway first", async (t) => {
  const disk = new FaultDisk();
  const log = await rotating(disk, 2);
  const many = (serials: number[]) => Buffer.concat(serials.map((serial) => event(serial).bytes));
  await log.append({ bytes: many([1, 2, 3]), events: 3 });
  disk.capacity = disk.used() + 140;
  t.same(await log.append({ bytes: many([4, 5, 6, 7]), events: 4 }), { written: 4, lost: 0 });
  t.match(disk.text(`${LOG}.1`), /:4\)/);
  t.match(disk.text(LOG), /:7\)/);
  await log.close();
});

t.test(
  "rotated files are compressed, and removed by their total, when they are rotated",
  async (t) => {
    const disk = new FaultDisk();
    const log = await rotating(disk, 9, { retention: { compress: true, maxTotal: 150 } });
    for (let serial = 1; serial <= 20; serial++) await log.append(event(serial));
    const names = [...disk.names.keys()].filter((name) => name.startsWith(`${LOG}.`));
    t.ok(names.length >= 1 && names.length <= 3, names.join());
    t.ok(names.every((name) => name.endsWith(".gz")));
    await log.close();
  },
);

t.test("a log that somebody moved away is made anew", async (t) => {
  const disk = new FaultDisk();
  const told = new Told();
  const log = await rotating(disk, 0, { log: told });
  await log.append(event(1));
  await disk.rename(LOG, "/logs/elsewhere");
  let serial = 1;
  while (disk.text(LOG) === undefined) await log.append(event(++serial));
  t.match(disk.text(LOG), new RegExp(`:${serial}\\)`));
  t.same(told.texts, ["the log was moved or removed: a new one is made"]);
  await log.close();
});

t.test("rotated files that are too old go when the log is opened", async (t) => {
  const disk = new FaultDisk();
  const log = await rotating(disk, 9);
  for (let serial = 1; serial <= 10; serial++) await log.append(event(serial));
  await log.close();
  const file = await disk.open(`${LOG}.1`, "read");
  await file.setModified(Date.now() / 1000);
  await file.close();
  await (await rotating(disk, 9, { retention: { maxAge: 86_400 } })).close();
  const names = [...disk.names.keys()].filter((name) => name.startsWith(LOG));
  t.same(names.sort(), [LOG, `${LOG}.1`], "the others are of 1970");
});
