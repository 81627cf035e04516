import { randomBytes } from "node:crypto";
import { brotliCompressSync } from "node:zlib";
import { decodeFrame, FrameBuilder, FrameError, MAX_FRAME_BYTES, packFrame } from "@cauditd/bus";
import fc from "fast-check";
import { Packr } from "msgpackr";
import t from "tap";
import { decompressed, PACKED_VERSION } from "../../src/frame/packed.ts";
import { frameEvent, line } from "../frame-event.ts";

const packr = new Packr({ useRecords: false });

/** A frame of so many events. */
function frameOf(events: number): Uint8Array {
  const builder = new FrameBuilder("host");
  for (let i = 1; i <= events; i++) builder.append(frameEvent([line(i, 150)]), "");
  return builder.take(1, 0);
}

/** The element that decoding complains about; "" when it does not. */
function refused(parts: unknown): string {
  try {
    decodeFrame(packr.pack(parts));
    return "";
  } catch (error) {
    if (error instanceof FrameError) return error.element;
    throw error;
  }
}

t.test("a packed frame is a fraction as long, and decodes to the same", async (t) => {
  const frame = frameOf(1000);
  const packed = await packFrame(frame);
  t.ok(packed.length * 10 < frame.length, `${packed.length} of ${frame.length}`);
  t.strictSame(decodeFrame(packed), decodeFrame(frame));
});

t.test("a short frame, and one that does not get shorter, goes as it is", async (t) => {
  for (const frame of [frameOf(2), new Uint8Array(0), randomBytes(100_000)]) {
    t.equal(await packFrame(frame), frame);
  }
});

t.test(
  "no more memory is taken than a packed frame says, and never more than a frame's",
  async (t) => {
    const frame = frameOf(100);
    const bomb = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024));
    const small = brotliCompressSync(frame);
    const { length } = frame;
    const { arrayBuffers } = process.memoryUsage();
    t.equal(refused([PACKED_VERSION, length, small]), "");
    t.equal(refused([PACKED_VERSION, length - 1, small]), "packed");
    t.equal(refused([PACKED_VERSION, length + 1, small]), "packed");
    t.equal(refused([PACKED_VERSION, MAX_FRAME_BYTES, bomb]), "packed");
    t.equal(refused([PACKED_VERSION, 64 * 1024 * 1024, bomb]), "length");
    t.equal(refused([PACKED_VERSION, MAX_FRAME_BYTES + 1, small]), "length");
    t.ok(process.memoryUsage().arrayBuffers - arrayBuffers < 8 * 1024 * 1024);
  },
);

t.test("what only looks like a packed frame is refused, by its element", async (t) => {
  const frame = frameOf(100);
  const small = brotliCompressSync(frame);
  const { length } = frame;
  t.equal(refused([1, length, small]), "shape");
  t.equal(refused(["2", length, small]), "shape");
  for (const wrong of [0, -1, 0.5, "9", null]) {
    t.equal(refused([PACKED_VERSION, wrong, small]), "length");
  }
  t.equal(refused([PACKED_VERSION, length, "text"]), "packed");
  t.equal(refused([PACKED_VERSION, length, Buffer.alloc(0)]), "packed");
  t.equal(refused([PACKED_VERSION, length, small.subarray(0, -1)]), "packed");
  const twice = Buffer.from(packr.pack([PACKED_VERSION, length, small]));
  t.equal(refused([PACKED_VERSION, twice.length, brotliCompressSync(twice)]), "shape");
});

t.test("any bytes: unpacked to the length asked for, or not at all", async (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.integer({ min: 1, max: 5000 }),
      (bytes, n) => {
        const found = decompressed(bytes, n);
        return found === undefined || found.length === n;
      },
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 30, max: 300 }),
      fc.nat(),
      fc.nat(),
      async (events, at, bits) => {
        const bytes = Buffer.from(await packFrame(frameOf(events)));
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (bits % 256);
        try {
          decodeFrame(bytes);
        } catch (error) {
          if (!(error instanceof FrameError)) throw error;
        }
      },
    ),
    { numRuns: 300 },
  );
  t.pass("nothing else was thrown");
});
