import assert from "node:assert/strict";
import { decodeFrame, EVENT_WORDS } from "@cauditd/bus";
import fc from "fast-check";
import t from "tap";
import { withoutFirst } from "../src/frame-skip.ts";
import { FrameView } from "../src/frame-view.ts";
import { encode, type FramedEvent } from "./frames.ts";

/** Text of every event of a frame. */
function texts(frame: Parameters<typeof withoutFirst>[0]): string[] {
  const view = new FrameView(frame);
  const found: string[] = [];
  while (view.next()) {
    const { event } = view;
    const from = event.starts[0] as number;
    found.push(frame.blob.toString("latin1", from, event.ends[event.count - 1]));
  }
  return found;
}

t.test("a frame without its first events shows the others as they were", async (t) => {
  const property = fc.property(
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
    fc.nat(12),
    (sizes, skip) => {
      const events = sizes.map((records, index): FramedEvent => {
        const stamp = `audit(1700000000.123:${1000 + index})`;
        const path = (n: number): string =>
          `type=PATH msg=${stamp}: item=${n} name="${"x".repeat(n)}"`;
        return { lines: Array.from({ length: records }, (_, n) => path(n)) };
      });
      const frame = decodeFrame(encode("4", 1, events));
      const count = Math.min(skip, frame.events.length / EVENT_WORDS);
      assert.deepEqual(texts(withoutFirst(frame, count)), texts(frame).slice(count));
    },
  );
  t.doesNotThrow(() => fc.assert(property));
});
