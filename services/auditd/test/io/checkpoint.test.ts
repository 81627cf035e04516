import { newScopeAccount } from "@cauditd/kernel";
import fc from "fast-check";
import t from "tap";
import {
  type Checkpoint,
  CheckpointFile,
  decodeSlot,
  EPOCH_MAX,
  encodeSlot,
  SLOT_BYTES,
} from "../../src/io/checkpoint.ts";
import { draws, FaultDisk } from "./fault-disk.ts";

const PATH = "/.checkpoint";

function checkpoint(sequence: number, epoch = "one"): Checkpoint {
  return {
    epoch,
    sequence,
    serial: 7,
    account: { ...newScopeAccount(), routed: 9, written: 9 },
    owed: [{ reason: "bus", events: 2, first: 3, last: 6 }],
    inode: "18446744073709551615",
    size: 1234,
    rotating: false,
    pending: 20,
    done: 5,
  };
}

t.test("a place says what was written into it", async (t) => {
  const slot = encodeSlot(3, checkpoint(5));
  t.equal(slot.length, SLOT_BYTES);
  t.same(decodeSlot(slot), { number: 3, checkpoint: checkpoint(5) });
  const longest = "é".repeat(EPOCH_MAX / 2);
  t.equal(decodeSlot(encodeSlot(1, checkpoint(5, longest)))?.checkpoint.epoch, longest);
  t.throws(() => encodeSlot(1, checkpoint(5, `${longest}x`)), { code: "EINVAL" });
});

t.test("a place that was changed anywhere says nothing", async (t) => {
  const slot = encodeSlot(3, checkpoint(5));
  fc.assert(
    fc.property(fc.nat(SLOT_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const other = Buffer.from(slot);
      other[at] = (other[at] as number) ^ change;
      return decodeSlot(other) === undefined;
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => decodeSlot(Buffer.from(bytes)) === undefined));
  t.pass();
});

t.test("what is well formed and no checkpoint says nothing", async (t) => {
  const bad: unknown[] = [
    { ...checkpoint(1), account: null },
    { ...checkpoint(1), account: { ...newScopeAccount(), lost: {} } },
    { ...checkpoint(1), sequence: -1 },
    { ...checkpoint(1), size: 0.5 },
    { ...checkpoint(1), done: 21 },
    { ...checkpoint(1), inode: 1 },
    { ...checkpoint(1), owed: undefined },
    { ...checkpoint(1), owed: [{ reason: "moon", events: 2, first: 3, last: 6 }] },
    { ...checkpoint(1), owed: [{ reason: "bus", events: -1, first: 3, last: 6 }] },
    { ...checkpoint(1), owed: [null] },
  ];
  for (const value of bad) t.equal(decodeSlot(encodeSlot(1, value as Checkpoint)), undefined);
});

t.test("the newest of the two counts, across openings", async (t) => {
  const disk = new FaultDisk();
  for (let round = 0; round < 5; round++) {
    const { file, last, damaged } = await CheckpointFile.open(disk, PATH, 0o600);
    t.equal(damaged, false);
    t.equal(last?.sequence, round === 0 ? undefined : round * 10 + 3);
    for (let n = 1; n <= 3; n++) await file.store(checkpoint((round + 1) * 10 + n));
    await file.close();
  }
  t.equal(disk.text(PATH)?.length, 2 * SLOT_BYTES);
});

t.test("a write that is cut leaves the checkpoint before it", async (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const disk = new FaultDisk();
    disk.draw = draws(seed);
    const { file } = await CheckpointFile.open(disk, PATH, 0o600);
    await file.store(checkpoint(1));
    await file.store(checkpoint(2));
    disk.crashAt = disk.steps + 1;
    await t.rejects(file.store(checkpoint(3)));
    disk.restart();
    const { last } = await CheckpointFile.open(disk, PATH, 0o600);
    if (last?.sequence !== 2) t.match(last, { sequence: 3 }, `seed ${seed}: written whole`);
  }
});

t.test("a file of something else is damaged, and can be used again", async (t) => {
  const disk = new FaultDisk();
  await (await disk.open(PATH, "append")).append(Buffer.from("something else"));
  const { file, last, damaged } = await CheckpointFile.open(disk, PATH, 0o600);
  t.same([last, damaged], [undefined, true]);
  await file.store(checkpoint(4));
  t.match(await CheckpointFile.open(disk, PATH, 0o600), { last: checkpoint(4), damaged: false });
});

t.test("a full disk does not keep it from being written", async (t) => {
  const disk = new FaultDisk();
  const { file } = await CheckpointFile.open(disk, PATH, 0o600);
  disk.capacity = disk.used();
  await file.store(checkpoint(1));
  t.match(await CheckpointFile.open(disk, PATH, 0o600), { last: checkpoint(1) });
});
