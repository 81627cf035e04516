// What a node's configuration says of a log beyond its auditd.conf.
import type { RunlevelPrograms } from "@cauditd/auditd";
import { z } from "zod";
import { shapeError } from "./shape-error.ts";

const DAY_SECONDS = 86_400;
const MEGABYTE = 1_048_576;

/** Days and megabytes that a file may name; a typing error is larger, as a rule. */
const MAX_DAYS = 36_500;
const MAX_MEGABYTES = 1_000_000_000;

function wholeNumber(of: string, max: number): z.ZodNumber {
  const error = `expected ${of}: a whole number from 1 to ${max}`;
  return z.number({ error }).int({ error }).min(1, { error }).max(max, { error });
}

const PROGRAM = "expected [/path/of/program, argument, ...]";
const word = z.string({ error: PROGRAM });
/** A program with its arguments, as they are handed to it: there is no shell. */
const program = z
  .tuple([word.regex(/^\/[^\0]+$/, PROGRAM)], word.regex(/^[^\0]*$/, PROGRAM), PROGRAM)
  .optional();

const yesOrNo = z.boolean({ error: "expected true or false" });

const EXPECTED = "{resume_with_space, keep, compress, single, halt}";

const options = z
  .strictObject(
    {
      resume_with_space: yesOrNo.default(false),
      compress: yesOrNo.default(false),
      keep: z
        .strictObject(
          {
            days: wholeNumber("days", MAX_DAYS).optional(),
            megabytes: wholeNumber("megabytes", MAX_MEGABYTES).optional(),
          },
          { error: shapeError("{days, megabytes}") },
        )
        .default({}),
      single: program,
      halt: program,
    },
    { error: shapeError(EXPECTED) },
  )
  .transform(
    ({ resume_with_space: resumesWithSpace, compress, keep, single, halt }): LogOptions => {
      const { days, megabytes } = keep;
      return {
        resumesWithSpace,
        runlevels: {
          ...(single === undefined ? {} : { single }),
          ...(halt === undefined ? {} : { halt }),
        },
        retention: {
          compress,
          ...(days === undefined ? {} : { maxAge: days * DAY_SECONDS }),
          ...(megabytes === undefined ? {} : { maxTotal: megabytes * MEGABYTE }),
        },
      };
    },
  );

/** How one log is kept, beyond its auditd.conf. */
export interface LogOptions {
  /** Suspended for want of space, it goes on when there is more than space_left again. */
  readonly resumesWithSpace: boolean;
  /** What the actions SINGLE and HALT of its auditd.conf run for this container. */
  readonly runlevels: RunlevelPrograms;
  /** Rotated files; sizes in bytes, ages in seconds. */
  readonly retention: {
    readonly compress: boolean;
    readonly maxAge?: number;
    readonly maxTotal?: number;
  };
}

/** `log_options` of `cauditd.yaml`: options by the instance's name, or `host`. */
export const logOptionsSchema: z.ZodType<Record<string, LogOptions>> = z.record(
  z.string(),
  options,
  { error: `expected NAME: ${EXPECTED}` },
);
