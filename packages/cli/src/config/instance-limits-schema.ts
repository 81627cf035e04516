// What a node's configuration says of an instance's queue: the host's word, not the tenant's.
import { OVERFLOW_POLICIES, type OverflowPolicy, type Quota } from "@cauditd/kernel";
import { z } from "zod";
import { shapeError } from "./shape-error.ts";

/** The largest rate and burst; a typing error is larger, as a rule. */
const MAX_EVENTS = 1_000_000_000;

function wholeNumber(of: string): z.ZodNumber {
  const error = `expected ${of}: a whole number from 1 to ${MAX_EVENTS}`;
  return z.number({ error }).int({ error }).min(1, { error }).max(MAX_EVENTS, { error });
}

const EXPECTED = "{overflow, quota}";

const limits = z
  .strictObject(
    {
      overflow: z
        .enum(OVERFLOW_POLICIES, { error: `expected ${OVERFLOW_POLICIES.join(", ")}` })
        .optional(),
      quota: z
        .strictObject(
          { rate: wholeNumber("events of a second"), burst: wholeNumber("events at once") },
          { error: shapeError("{rate, burst}") },
        )
        .optional(),
    },
    { error: shapeError(EXPECTED) },
  )
  .transform(({ overflow, quota }): InstanceLimits => {
    return {
      ...(overflow === undefined ? {} : { overflow }),
      ...(quota === undefined ? {} : { quota }),
    };
  });

/** What the host sets for one instance. */
export interface InstanceLimits {
  /** Which event is lost when the backlog is full; default: the newest, as in the kernel. */
  readonly overflow?: OverflowPolicy;
  /** How much the tenant may record; default: what its own limits say. */
  readonly quota?: Quota;
}

/** `instances` of `cauditd.yaml`: limits by the instance's name, or `host`. */
export const instanceLimitsSchema: z.ZodType<Record<string, InstanceLimits>> = z.record(
  z.string(),
  limits,
  { error: `expected NAME: ${EXPECTED}` },
);
