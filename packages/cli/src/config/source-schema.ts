// Where a node's records come from, as its configuration says.
import { MAX_SOCKET_PATH } from "@cauditd/bus";
import { z } from "zod";

const socketPath = z
  .string({ error: "expected the path of a socket" })
  .refine((path) => path !== "" && Buffer.byteLength(path) <= MAX_SOCKET_PATH, {
    error: `expected the path of a socket: 1 to ${MAX_SOCKET_PATH} bytes`,
  });
const port = whole("a port", 0, 65_535);

function whole(what: string, least: number, most: number): z.ZodNumber {
  const error = `expected ${what}: a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

/** Where the records come from. */
export type SourceConfig =
  /** An emulated host; `rate` in events per second. */
  | { readonly type: "simulator"; readonly seed: number; readonly rate: number }
  | { readonly type: "stdin" }
  /** The socket that auditd's af_unix plugin listens on. */
  | { readonly type: "unix"; readonly path: string }
  /** A socket that others write records to: a path, or a TCP port. */
  | {
      readonly type: "listen";
      readonly path?: string | undefined;
      readonly port?: number | undefined;
      readonly address: string;
    }
  /** A log with an end; it can be read again from its start. */
  | { readonly type: "log"; readonly path: string };

/** `source` of `cauditd.yaml`. */
export const sourceSchema: z.ZodType<SourceConfig> = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("simulator"),
      seed: whole("a seed", 0, 0xffff_ffff).default(1),
      rate: whole("events a second", 1, 1_000_000).default(1000),
    }),
    z.strictObject({ type: z.literal("stdin") }),
    z.strictObject({ type: z.literal("unix"), path: socketPath }),
    z
      .strictObject({
        type: z.literal("listen"),
        path: socketPath.optional(),
        port: port.optional(),
        address: z.string({ error: "expected an IP address" }).min(1).default("127.0.0.1"),
      })
      .refine(({ path, port }) => (path === undefined) !== (port === undefined), {
        error: "expected either path or port",
      }),
    z.strictObject({
      type: z.literal("log"),
      path: z.string({ error: "expected the path of a log" }).min(1),
    }),
  ],
  { error: "expected {type: simulator}, {type: stdin} or {type: unix, listen or log ...}" },
);
