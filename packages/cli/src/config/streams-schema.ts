// What a node's configuration says of the tenants' streams.
import { KEY_PATTERN, type StreamLimits } from "@cauditd/bus";
import { z } from "zod";
import { shapeError } from "./shape-error.ts";

const DAY_MS = 86_400_000;
const MEGABYTE = 1_048_576;
/** Days and megabytes that a file may name; a typing error is larger, as a rule. */
const MAX_DAYS = 36_500;
const MAX_MEGABYTES = 1_000_000_000;
const MAX_CONSUMERS = 16;
/** How much of a stream is kept, where nothing is said. */
const MEGABYTES = 64;

function wholeNumber(of: string, max: number): z.ZodNumber {
  const error = `expected ${of}: a whole number from 1 to ${max}`;
  return z.number({ error }).int({ error }).min(1, { error }).max(max, { error });
}

const CONSUMERS = `expected 1 to ${MAX_CONSUMERS} names of letters, digits, _ and -`;

const kept = {
  megabytes: wholeNumber("megabytes", MAX_MEGABYTES).optional(),
  days: wholeNumber("days", MAX_DAYS).optional(),
  consumers: z
    .array(z.string({ error: CONSUMERS }).regex(KEY_PATTERN, { error: CONSUMERS }), {
      error: CONSUMERS,
    })
    .min(1, { error: CONSUMERS })
    .max(MAX_CONSUMERS, { error: CONSUMERS })
    .optional(),
};

/** How much of one stream is kept, and who reads it. */
export interface StreamKeeping {
  readonly limits: StreamLimits;
  readonly consumers: readonly string[];
}

/** `streams` of `cauditd.yaml`. */
export interface StreamsConfig {
  /** How the streams of the instances that are not named are kept. */
  readonly others: StreamKeeping;
  readonly named: ReadonlyMap<string, StreamKeeping>;
}

/** The part `streams` of `cauditd.yaml`: for all instances, and for some of them by name. */
export const streamsSchema: z.ZodType<StreamsConfig> = z
  .strictObject(
    {
      ...kept,
      instances: z
        .record(
          z.string(),
          z.strictObject(kept, { error: shapeError("{megabytes, days, consumers}") }),
          { error: "expected NAME: {megabytes, days, consumers}" },
        )
        .default({}),
    },
    { error: shapeError("{megabytes, days, consumers, instances}") },
  )
  .transform(({ instances, ...all }): StreamsConfig => {
    const named = Object.entries(instances).map(
      ([name, own]) => [name, keepingOf(own, all)] as const,
    );
    return { others: keepingOf({}, all), named: new Map(named) };
  });

/** How the stream of an instance is kept. */
export function keepingFor({ others, named }: StreamsConfig, name: string): StreamKeeping {
  return named.get(name) ?? others;
}

interface Given {
  readonly megabytes?: number | undefined;
  readonly days?: number | undefined;
  readonly consumers?: readonly string[] | undefined;
}

/** What an instance has of its own, else what all have, else the defaults. */
function keepingOf(own: Given, all: Given): StreamKeeping {
  const megabytes = own.megabytes ?? all.megabytes ?? MEGABYTES;
  const days = own.days ?? all.days ?? 0;
  return {
    limits: { bytes: megabytes * MEGABYTE, age: days * DAY_MS },
    consumers: own.consumers ?? all.consumers ?? ["main"],
  };
}
