import { BufferPool } from "@cauditd/auditd";
import t from "tap";

t.test("a buffer is as large as was asked for, and is used again", async (t) => {
  const pool = new BufferPool();
  for (const size of [0, 1, 4096, 4097, 300_000, 1_048_576, 1_048_577]) {
    const buffer = pool.take(size);
    t.ok(buffer.length >= size, `${size}`);
    pool.give(buffer.subarray(0, size >> 1));
    t.equal(pool.take(size).buffer, buffer.buffer, "also when a part of it is given back");
  }
});

t.test("two that are in use are not the same", async (t) => {
  const pool = new BufferPool();
  t.not(pool.take(10).buffer, pool.take(10).buffer);
});

t.test("what is kept is bounded: 16 MiB", async (t) => {
  const pool = new BufferPool();
  const size = 1_048_576;
  const buffers = Array.from({ length: 20 }, () => pool.take(size));
  for (const buffer of buffers) pool.give(buffer);
  const known = new Set(buffers.map(({ buffer }) => buffer));
  const again = Array.from({ length: 20 }, () => pool.take(size).buffer);
  t.equal(again.filter((buffer) => known.has(buffer)).length, 16);
});
