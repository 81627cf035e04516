import { readFile } from "node:fs/promises";
import type { Registration } from "@cauditd/kernel";
import { z } from "zod";
import {
  containerName,
  contidText,
  fieldPlace,
  orderContainers,
  pidNumber,
} from "./container-schema.ts";
import { InputError } from "./input-error.ts";

/** The largest file that is read, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

const schema = z.array(
  z.object(
    { name: containerName, contid: contidText, pid: pidNumber, parent: contidText.optional() },
    { error: "expected {name, contid, pid}" },
  ),
  { error: "expected a list of containers" },
);

/**
 * Reads a containers file: `[{name, contid, pid, parent?}]`, further properties are ignored.
 * @returns the registrations, parents in front of the containers nested in them
 * @throws {InputError} with every problem, each naming the file and the field
 */
export async function readContainers(path: string): Promise<Registration[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw InputError.fromSystem(path, cause);
  }
  if (text.length > MAX_BYTES) throw new InputError([`${path}: larger than ${MAX_BYTES} bytes`]);
  return parseContainers(path, text);
}

/** The same for text that has been read; `path` is named in problems. */
export function parseContainers(path: string, text: string): Registration[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError([`${path}: not JSON: ${(cause as Error).message}`], { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${path}: ${fieldPlace(issue.path)}${issue.message}`,
    );
    throw new InputError(problems);
  }
  const problems: string[] = [];
  const ordered = orderContainers(`${path}: `, parsed.data, problems);
  if (problems.length > 0) throw new InputError(problems);
  // The schema asks for a pid everywhere.
  return ordered.map((item) => ({ ...item, pid: item.pid as number }));
}
