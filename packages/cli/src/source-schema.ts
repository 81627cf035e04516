// Where a node's records come from, as its configuration says.
import { MAX_SOCKET_PATH } from "@cauditd/bus";
import { z } from "zod";

const socketPath = z
  .string({ error: "expected the path of a socket" })
  .refine((path) => path !== "" && Buffer.byteLength(path) <= MAX_SOCKET_PATH, {
    error: `expected the path of a socket: 1 to ${MAX_SOCKET_PATH} bytes`,
  });
const port = z
  .int({ error: "expected a port, 0 to 65535" })
  .min(0, { error: "expected a port from 0" })
  .max(65_535, { error: "expected a port up to 65535" });

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
      seed: z.number().int().min(0).max(0xffffffff).default(1),
      rate: z.number().int().min(1).max(1_000_000).default(1000),
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
