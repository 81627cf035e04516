// How a tenant's stream is made, and what its description says.
import { DiscardPolicy, nanos, RetentionPolicy, StorageType, type StreamConfig } from "nats";
import { ownerSubject, tenantStreamName, tenantSubject } from "./batch.ts";
import type { StreamLimits } from "./tenant-stream.ts";

/** The settings of a stream that are ours. */
export type StreamSettings = Pick<
  StreamConfig,
  | "name"
  | "subjects"
  | "retention"
  | "storage"
  | "discard"
  | "max_bytes"
  | "max_age"
  | "duplicate_window"
  | "allow_direct"
> & { readonly description: string };

/** How long the server remembers ids, in ms. */
const DUPLICATE_MS = 120_000;
/** What a stream's description says of the generation. */
const GENERATION = /, generation ([0-9]{1,15})$/;

/** The settings of a scope's stream, of which no generation is known. */
export function streamSettings(host: string, scope: string, limits: StreamLimits): StreamSettings {
  return {
    name: tenantStreamName(host, scope),
    description: `events of scope ${scope} on ${host}`,
    subjects: [tenantSubject(host, scope), ownerSubject(host, scope)],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_bytes: limits.bytes,
    max_age: nanos(limits.age),
    duplicate_window: nanos(limits.age === 0 ? DUPLICATE_MS : Math.min(DUPLICATE_MS, limits.age)),
    allow_direct: true,
  };
}

/** The same, whose description tells of a generation. */
export function withGeneration(settings: StreamSettings, generation: number): StreamSettings {
  return { ...settings, description: `${settings.description}, generation ${generation}` };
}

/** The generation that a description tells of, whoever has written it; 0 for none. */
export function describedGeneration(description: string): number {
  return Number(GENERATION.exec(description)?.[1] ?? 0);
}
