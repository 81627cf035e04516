import fc from "fast-check";
import t from "tap";
import { loadPending, storePending } from "../../src/io/pending-file.ts";
import { diskError, FaultDisk } from "./fault-disk.ts";

const PATH = "/.pending";
const BYTES = Buffer.from("type=A msg=audit(1.000:1): x\n".repeat(20));

t.test("what was stored comes back, also over something longer", async (t) => {
  const disk = new FaultDisk();
  await storePending(disk, PATH, BYTES, true);
  t.same(await loadPending(disk, PATH, BYTES.length), BYTES);
  const shorter = BYTES.subarray(0, 29);
  await storePending(disk, PATH, shorter, false);
  t.same(await loadPending(disk, PATH, shorter.length), shorter);
  t.equal(disk.openFiles, 0);
});

t.test("what is not all there, or not what was stored, is not used", async (t) => {
  const disk = new FaultDisk();
  t.equal(await loadPending(disk, PATH, 10), undefined);
  await storePending(disk, PATH, BYTES, false);
  t.equal(await loadPending(disk, PATH, BYTES.length + 1), undefined);
  t.equal(await loadPending(disk, PATH, BYTES.length - 1), undefined);
  await (await disk.open(PATH, "update")).writeAt(Buffer.from("!"), 100);
  t.equal(await loadPending(disk, PATH, BYTES.length), undefined);
});

t.test("an error of the disk is told, and the file is closed", async (t) => {
  const disk = new FaultDisk();
  disk.capacity = 100;
  await t.rejects(storePending(disk, PATH, BYTES, true), { code: "ENOSPC" });
  disk.fault = ({ kind, path }) => (kind === "sync" ? diskError("EIO", path) : undefined);
  disk.capacity = 10_000;
  await t.rejects(storePending(disk, PATH, BYTES, true), { code: "EIO" });
  t.equal(disk.openFiles, 0);
});

t.test("a file of any bytes, or one that is damaged anywhere, is not used", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(200), async (bytes, size) => {
      const disk = new FaultDisk();
      const file = await disk.open(PATH, "append", 0o600);
      await file.append(bytes);
      t.equal(await loadPending(disk, PATH, size), undefined);
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat(BYTES.length + 64),
      fc.integer({ min: 1, max: 255 }),
      async (at, bits) => {
        const disk = new FaultDisk();
        await storePending(disk, PATH, BYTES, true);
        const file = await disk.open(PATH, "update", 0o600);
        const byte = Buffer.alloc(1);
        await file.readAt(byte, at);
        await file.writeAt(Uint8Array.of((byte[0] ?? 0) ^ bits), at);
        t.equal(await loadPending(disk, PATH, BYTES.length), undefined);
      },
    ),
  );
});
