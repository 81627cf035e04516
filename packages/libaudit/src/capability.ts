// Linux capabilities, numbers 0..40.
import { asciiLowerCase } from "./letter-case.ts";
import { CAPABILITIES } from "./tables/capabilities.generated.ts";

/** Capability numbers by name, 0..40. Source: linux/capability.h, capabilities(7). */
export const Capability: typeof CAPABILITIES = CAPABILITIES;

/** Number of a capability. */
export type Capability = (typeof CAPABILITIES)[keyof typeof CAPABILITIES];

/** Name of a capability, `CAP_` included. */
export type CapabilityName = keyof typeof CAPABILITIES;

const numbers: ReadonlyMap<string, Capability> = new Map(
  Object.entries(CAPABILITIES).map(([name, number]) => [asciiLowerCase(name), number]),
);

const names: ReadonlyMap<number, CapabilityName> = new Map(
  (Object.keys(CAPABILITIES) as CapabilityName[]).map((name) => [CAPABILITIES[name], name]),
);

/** Name of a capability, `CAP_AUDIT_CONTROL` for 30; undefined if the number has none. */
export function capabilityName(capability: number): CapabilityName | undefined {
  return names.get(capability);
}

/**
 * Number of a capability name in any letter case, as capabilities(7) and capsh print them; the
 * `CAP_` must be there. Undefined for any other text.
 */
export function capabilityNumber(text: string): Capability | undefined {
  return numbers.get(asciiLowerCase(text));
}
