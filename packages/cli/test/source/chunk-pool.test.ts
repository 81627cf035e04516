import t from "tap";
import { ChunkPool } from "../../src/source/chunk-pool.ts";

t.test("a buffer is used again when nothing is kept of it, and not at once", async (t) => {
  const kept = new Set<ArrayBufferLike>();
  const pool = new ChunkPool(8, (memory) => kept.has(memory));
  const [a, b, c, d] = [pool.take(), pool.take(), pool.take(), pool.take()];
  t.equal(new Set([a, b, c, d]).size, 4);
  t.equal(a.length, 8);
  t.equal(pool.take(), a);
  kept.add(b.buffer);
  const fresh = pool.take();
  t.notOk([a, b, c, d].includes(fresh), "the oldest is kept");
  kept.clear();
  t.equal(pool.take(), b);
  t.equal(pool.take(), c);
});
