// What a configuration says of dispatcher and workers as processes.
import { z } from "zod";

/** The longest name of a host: it is in the names of streams and buckets. */
const HOST = /^[A-Za-z0-9_-]{1,32}$/;
/** A worker's name stands in front of its life in a key. */
const WORKER = /^[A-Za-z0-9-]{1,48}$/;

const ttl = z
  .number({ error: "expected seconds, 0.5 to 3600" })
  .min(0.5, { error: "expected seconds from 0.5" })
  .max(3600, { error: "expected seconds up to 3600" });

/** How the processes of one host find each other. */
export interface ServicesConfig {
  /** Name of the cauditd host on the NATS server; undefined = that of `control`. */
  readonly host?: string | undefined;
  readonly worker: {
    /** Stable over restarts; undefined = the machine's name. */
    readonly name?: string | undefined;
    /** Seconds after which a worker that is not heard of has lost its scopes. */
    readonly ttl: number;
  };
}

/** The keys of `cauditd.yaml` that are about processes. */
export const servicesShape: {
  readonly host: z.ZodType<string | undefined>;
  readonly worker: z.ZodType<ServicesConfig["worker"]>;
} = {
  host: z
    .string({ error: "expected a name" })
    .regex(HOST, { error: "expected a name: 1 to 32 letters, digits, `_` or `-`" })
    .refine((name) => name !== "v1", { error: "expected another name than v1" })
    .optional(),
  worker: z
    .strictObject({
      name: z
        .string({ error: "expected a name" })
        .regex(WORKER, { error: "expected a name: 1 to 48 letters, digits or `-`" })
        .optional(),
      ttl: ttl.default(10),
    })
    .default({ ttl: 10 }),
};
