// What goes over the network is made small: audit records repeat themselves.
import { brotliCompress, brotliDecompressSync, constants } from "node:zlib";

/** First element of a packed frame, where another has the version of its format. */
export const PACKED_VERSION = 3;
/** A frame below this many bytes is not packed: it would not pay. */
const PACK_MIN = 4096;
const HEAD_BYTES = 12;

/**
 * The least work: half of what deflate's level 1 costs, and as short, a fourteenth of audit
 * records. The window has room for the longest frame.
 */
const PARAMS = {
  [constants.BROTLI_PARAM_QUALITY]: 0,
  [constants.BROTLI_PARAM_LGWIN]: 20,
};

/**
 * Bytes, compressed (RFC 7932); undefined when they are fewer than `least`, or do not get fewer.
 * The work is done off the event loop. Never rejects.
 */
export function compressed(bytes: Uint8Array, least: number): Promise<Buffer | undefined> {
  if (bytes.length < least) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    brotliCompress(bytes, { params: PARAMS, chunkSize: 64 * 1024 }, (error, packed) => {
      const pays = error === null && packed.length + HEAD_BYTES < bytes.length;
      resolve(pays ? packed : undefined);
    });
  });
}

/**
 * What was compressed; undefined unless it has exactly `length` bytes.
 * @param length as was said of it, bounded by the caller: no more memory is taken, but for the
 * window of the decoder, at most 16 MiB, which is given back
 */
export function decompressed(packed: Uint8Array, length: number): Buffer | undefined {
  try {
    // Room for a byte more, so that one piece of memory is enough.
    const options = { maxOutputLength: length, chunkSize: Math.max(64, length + 1) };
    const bytes = brotliDecompressSync(packed, options);
    return bytes.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A frame, packed: a msgpack array of PACKED_VERSION, the frame's length in bytes, and the frame
 * compressed in a bin. One that does not get shorter comes back as it is. Never rejects.
 */
export async function packFrame(frame: Uint8Array): Promise<Uint8Array> {
  const packed = await compressed(frame, PACK_MIN);
  if (packed === undefined) return frame;
  const head = Buffer.from([0x93, PACKED_VERSION, 0xce, 0, 0, 0, 0, 0xc6, 0, 0, 0, 0]);
  head.writeUInt32BE(frame.length, 3);
  head.writeUInt32BE(packed.length, 8);
  return Buffer.concat([head, packed]);
}
