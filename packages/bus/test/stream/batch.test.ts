import type { Batch } from "@cauditd/bus";
import fc from "fast-check";
import t from "tap";
import {
  batchId,
  batchLines,
  checkBatch,
  MAX_BATCH_BYTES,
  ownerSubject,
  packedBatch,
  readBatch,
  tenantStreamName,
  tenantSubject,
} from "../../src/stream/batch.ts";

const batch: Batch = { generation: 2, first: 5, last: 9, events: 4, bytes: Buffer.from("x\n") };

t.test("names of stream, subject and batch", async (t) => {
  t.equal(tenantStreamName("h1", "1001"), "CAUDITD_h1_1001");
  t.equal(tenantSubject("h1", "1001"), "cauditd.v1.h1.events.1001");
  t.equal(ownerSubject("h1", "1001"), "cauditd.v1.h1.owner.1001");
  t.equal(batchId("1001", batch), "1001.2.5-9");
});

t.test("headers come back as they went", async (t) => {
  const lines = new Map(batchLines(batch));
  t.same(readBatch({ get: (name) => lines.get(name) ?? "" }, batch.bytes), batch);
});

t.test("a long batch is stored packed, and comes back as it was", async (t) => {
  const bytes = Buffer.from('type=CWD msg=audit(1.000:1): cwd="/"\n'.repeat(4000));
  const packed = await packedBatch({ ...batch, bytes });
  t.ok(packed.bytes.length * 10 < bytes.length);
  const lines = new Map(packed.lines);
  const read = (stored: Uint8Array, length?: string): Batch | undefined => {
    if (length !== undefined) lines.set("Cauditd-Packed", length);
    return readBatch({ get: (name) => lines.get(name) ?? "" }, stored);
  };
  t.same(read(packed.bytes), { ...batch, bytes });
  t.equal(read(packed.bytes.subarray(1)), undefined);
  for (const length of ["0", "-1", "x", String(bytes.length - 1), String(bytes.length + 1)]) {
    t.equal(read(packed.bytes, length), undefined, length);
  }
  t.equal(read(packed.bytes, String(MAX_BATCH_BYTES + 1)), undefined);
  t.same((await packedBatch(batch)).bytes, batch.bytes, "a short one is not");
});

t.test("a batch whose numbers do not agree is refused", async (t) => {
  const bad: Partial<Batch>[] = [
    { generation: 0 },
    { first: -1 },
    { last: 2 ** 32 },
    { events: 0 },
    { events: 6 },
    { bytes: new Uint8Array(0) },
    { bytes: new Uint8Array(MAX_BATCH_BYTES + 1) },
  ];
  for (const part of bad) {
    t.throws(() => checkBatch("7", { ...batch, ...part }), { code: "EINVAL" });
  }
  t.throws(() => checkBatch("*", batch), { code: "EINVAL" });
  checkBatch("7", { ...batch, first: 2 ** 32 - 1, last: 2, events: 4 });
});

t.test("any header lines are a batch that checks, or none", async (t) => {
  const word = fc.oneof(fc.string(), fc.nat().map(String), fc.constant("1-4294967295"));
  const run = fc.property(word, word, word, word, (generation, serials, events, packed) => {
    const lines: Record<string, string> = {
      "Cauditd-Generation": generation,
      "Cauditd-Serials": serials,
      "Cauditd-Events": events,
      ...(events.length % 2 === 0 ? {} : { "Cauditd-Packed": packed }),
    };
    const read = readBatch({ get: (name) => lines[name] ?? "" }, Buffer.from("x"));
    if (read !== undefined) checkBatch("7", read);
  });
  t.doesNotThrow(() => fc.assert(run));
  t.equal(readBatch(undefined, Buffer.from("x")), undefined);
});
