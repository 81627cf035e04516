import type { z } from "zod";

/** Says what was expected instead of a mapping; a key that there is not is named by zod. */
export function shapeError(expected: string): z.core.$ZodErrorMap {
  return (issue) => (issue.code === "unrecognized_keys" ? undefined : `expected ${expected}`);
}
