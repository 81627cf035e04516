// What the checkpoint of a log says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Checkpoint,
  decodeSlot,
  SLOT_BYTES,
} from "../../../services/auditd/src/io/checkpoint.ts";

/** The last one of an instance; undefined when there is none. */
export function checkpointOf(logs: string, name: string): Checkpoint | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(logs, name, ".checkpoint"));
  } catch {
    return undefined;
  }
  const slots = [0, SLOT_BYTES].map((at) => decodeSlot(bytes.subarray(at, at + SLOT_BYTES)));
  const found = slots.filter((slot) => slot !== undefined);
  return found.sort((a, b) => b.number - a.number)[0]?.checkpoint;
}
