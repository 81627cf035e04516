// Sets of capabilities, as a task holds them.
import { Capability, capabilityName, capabilityNumber } from "./capability.ts";

/** A set of capabilities: bit n is capability number n. */
export type CapabilitySet = bigint;

/** No capability. */
export const NO_CAPABILITIES: CapabilitySet = 0n;

/** Every capability of the table. */
export const ALL_CAPABILITIES: CapabilitySet = capabilitySet(...Object.values(Capability));

/**
 * Names that were proposed for the right over contids and that no kernel has: they are read and
 * give nothing (CID-6).
 */
const NEVER_MADE: ReadonlySet<string> = new Set(["CAP_CONTAINER_ADMIN", "CAP_AUDIT_CONTAINERID"]);

/** The set of these capabilities. */
export function capabilitySet(...capabilities: readonly Capability[]): CapabilitySet {
  return capabilities.reduce((set, capability) => set | (1n << BigInt(capability)), 0n);
}

/** True if the set holds the capability. */
export function hasCapability(set: CapabilitySet, capability: Capability): boolean {
  return ((set >> BigInt(capability)) & 1n) === 1n;
}

/**
 * Reads `all`, `none`, or names with commas between them, `CAP_` included, in any letter case.
 * Undefined for any other text.
 */
export function parseCapabilitySet(text: string): CapabilitySet | undefined {
  if (text === "all") return ALL_CAPABILITIES;
  if (text === "none") return NO_CAPABILITIES;
  let set = NO_CAPABILITIES;
  for (const name of text.split(",")) {
    if (NEVER_MADE.has(name.toUpperCase())) continue;
    const capability = capabilityNumber(name);
    if (capability === undefined) return undefined;
    set |= 1n << BigInt(capability);
  }
  return set;
}

/** `all`, `none`, or the names by number with commas between them. */
export function formatCapabilitySet(set: CapabilitySet): string {
  if (set === NO_CAPABILITIES) return "none";
  if (set === ALL_CAPABILITIES) return "all";
  return Object.values(Capability)
    .filter((capability) => hasCapability(set, capability))
    .map((capability) => capabilityName(capability) as string)
    .join(",");
}
