import { LISTEN_PATTERN } from "@cauditd/operations";
import { z } from "zod";
import { shapeError } from "./shape-error.ts";

/** Where a process tells of itself. */
export interface MetricsConfig {
  /** `HOST:PORT` of /metrics, /healthz and /readyz. */
  readonly listen: string;
}

const LISTEN = "expected HOST:PORT, an IPv6 address in brackets";

/** The part `metrics` of cauditd.yaml, as it is written. */
export const metricsSchema: z.ZodType<MetricsConfig> = z.strictObject(
  {
    listen: z
      .string({ error: LISTEN })
      .refine((text) => Number(LISTEN_PATTERN.exec(text)?.[3] ?? 65_536) < 65_536, {
        error: LISTEN,
      }),
  },
  { error: shapeError("{listen}") },
);
