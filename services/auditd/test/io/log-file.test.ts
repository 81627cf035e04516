import { chmod, readFile, stat, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { GROUP_MODES, ROOT_MODES } from "@cauditd/auditd";
import t, { type Test } from "tap";
import { machineDisk } from "../../src/io/disk.ts";
import { correctFolder, LogFile, makeLogFolder } from "../../src/io/log-file.ts";
import { diskError, FaultDisk } from "./fault-disk.ts";

const ONE = "type=A msg=audit(1.000:1): x\n";
const TWO = "type=A msg=audit(1.000:2): x\ntype=B msg=audit(1.000:2): y\n";

async function mode(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

function withUmask(t: Test, mask: number): void {
  const before = process.umask(mask);
  t.teardown(() => process.umask(before));
}

async function faulty(): Promise<{ disk: FaultDisk; file: LogFile }> {
  const disk = new FaultDisk();
  const file = await LogFile.open(disk, "/audit.log", ROOT_MODES, "cached");
  return { disk, file };
}

for (const mask of [0o000, 0o022, 0o077]) {
  const text = mask.toString(8).padStart(3, "0");
  t.test(`AUD-136: log 0640 and folders 0750 with umask ${text}`, async (t) => {
    const folder = t.testdir();
    withUmask(t, mask);
    const path = join(folder, "logs", "web", "audit.log");
    await makeLogFolder(machineDisk, join(folder, "logs", "web"), GROUP_MODES.folder);
    await (await LogFile.open(machineDisk, path, GROUP_MODES, "cached")).close();
    t.equal(await mode(path), 0o640);
    t.equal(await mode(join(folder, "logs", "web")), 0o750);
    t.equal(await mode(join(folder, "logs")), 0o750);
  });
}

t.test("AUD-129: without a group it is 0600, also when it was there with others", async (t) => {
  const path = join(t.testdir({ "audit.log": ONE }), "audit.log");
  await chmod(path, 0o666);
  const file = await LogFile.open(machineDisk, path, ROOT_MODES, "cached");
  t.equal(file.size, ONE.length);
  await file.close();
  t.equal(await mode(path), 0o600);
});

t.test("a relative path works, with and without folders to make", async (t) => {
  const folder = join(relative(process.cwd(), t.testdir()), "a", "b");
  await makeLogFolder(machineDisk, folder, 0o750);
  await makeLogFolder(machineDisk, folder, 0o700);
  t.equal(await mode(folder), 0o750, "a folder that is there keeps its permissions");
});

for (const through of ["cached", "data", "full"] as const) {
  t.test(`appends go behind what was in the log, written through: ${through}`, async (t) => {
    const path = join(t.testdir({ "audit.log": ONE }), "audit.log");
    const file = await LogFile.open(machineDisk, path, ROOT_MODES, through);
    t.same(await file.append(Buffer.from(TWO)), { kept: TWO.length });
    t.same(await file.append(Buffer.alloc(0)), { kept: 0 });
    await file.sync();
    await file.cut(ONE.length);
    t.same(await file.append(Buffer.from(ONE)), { kept: ONE.length });
    t.equal(file.size, 2 * ONE.length);
    await file.close();
    t.equal(await readFile(path, "latin1"), ONE + ONE);
  });
}

t.test("a short write is continued", async (t) => {
  const { disk, file } = await faulty();
  disk.largestWrite = 7;
  t.same(await file.append(Buffer.from(ONE + TWO)), { kept: ONE.length + TWO.length });
  t.equal(disk.text("/audit.log"), ONE + TWO);
});

t.test("an error behind a short write leaves whole events", async (t) => {
  for (let room = 0; room < ONE.length + TWO.length; room++) {
    const { disk, file } = await faulty();
    disk.capacity = room;
    const { kept, error } = await file.append(Buffer.from(ONE + TWO));
    t.match(error, { code: "ENOSPC" });
    t.equal(kept, room < ONE.length ? 0 : ONE.length);
    t.equal(disk.text("/audit.log"), room < ONE.length ? "" : ONE);
    disk.capacity = 1000;
    await file.append(Buffer.from(TWO));
    t.equal(disk.text("/audit.log"), (room < ONE.length ? "" : ONE) + TWO);
  }
});

t.test("what could not be taken back is taken back before the next append", async (t) => {
  const { disk, file } = await faulty();
  disk.capacity = ONE.length + 5;
  disk.fault = ({ kind, path }) => (kind === "truncate" ? diskError("EIO", path) : undefined);
  t.match(await file.append(Buffer.from(ONE + TWO)), { kept: ONE.length });
  t.equal(disk.text("/audit.log"), `${ONE}type=`);
  t.match(await file.append(Buffer.from(TWO)), { kept: 0, error: { code: "EIO" } });
  disk.fault = () => undefined;
  disk.capacity = 1000;
  t.same(await file.append(Buffer.from(TWO)), { kept: TWO.length });
  t.equal(disk.text("/audit.log"), ONE + TWO);
});

t.test("a file system that takes no bytes and tells no error is EIO, not a loop", async (t) => {
  const disk = new FaultDisk();
  const open = disk.open.bind(disk);
  disk.open = async (...args) => Object.assign(await open(...args), { append: async () => 0 });
  const file = await LogFile.open(disk, "/audit.log", ROOT_MODES, "cached");
  t.match(await file.append(Buffer.from(ONE)), { kept: 0, error: { code: "EIO" } });
});

t.test("what is no regular file, or a link to one, is refused", async (t) => {
  const folder = t.testdir({ file: "" });
  const open = (path: string): Promise<LogFile> =>
    LogFile.open(machineDisk, path, ROOT_MODES, "cached");
  await t.rejects(open("/dev/full"), { code: "EINVAL" });
  await t.rejects(open(folder), { code: "EISDIR", path: folder });
  await t.rejects(open(join(folder, "file", "audit.log")), { code: "ENOTDIR" });
  await symlink(join(folder, "file"), join(folder, "audit.log"));
  await t.rejects(open(join(folder, "audit.log")), { code: "ELOOP" });
});

t.test("AUD-136: a folder that is there gets its mode, and all gets the group", async (t) => {
  const folder = t.testdir({});
  await chmod(folder, 0o755);
  const group = process.getgid?.() ?? 0;
  await correctFolder(machineDisk, folder, { ...GROUP_MODES, group });
  t.equal(await mode(folder), 0o750);
  t.equal((await stat(folder)).gid, group);
  const disk = new FaultDisk();
  await LogFile.open(disk, "/audit.log", { ...GROUP_MODES, group: 4 }, "cached");
  t.equal(disk.groups.get("/audit.log"), 4);
});

t.test("a group that nothing can be given to is named", async (t) => {
  const disk = new FaultDisk();
  disk.fault = ({ kind, path }) => (kind === "setGroup" ? diskError("EPERM", path) : undefined);
  const modes = { ...GROUP_MODES, group: 4 };
  await t.rejects(LogFile.open(disk, "/audit.log", modes, "cached"), {
    code: "EPERM",
    message: /\/audit\.log: log_group 4: it cannot be given to that group/,
  });
  t.equal(disk.openFiles, 0);
  await disk.makeFolder("/web");
  await t.rejects(correctFolder(disk, "/web", modes), /\/web: log_group 4/);
});
