import type { Registration } from "@cauditd/kernel";
import { z } from "zod";
import { InputError } from "../terminal/input-error.ts";
import {
  containerName,
  contidText,
  pidNumber,
  problemsOfFile,
  readEntries,
} from "./container-schema.ts";
import { readText } from "./text-file.ts";

const entry = z.object(
  { name: containerName, contid: contidText, pid: pidNumber, parent: contidText.optional() },
  { error: "expected {name, contid, pid}" },
);

/**
 * Reads a containers file: `[{name, contid, pid, parent?}]`, further properties are ignored.
 * @returns the registrations, parents in front of the containers nested in them
 * @throws {InputError} with every problem, each naming the file and the field
 */
export async function readContainers(path: string): Promise<Registration[]> {
  return parseContainers(path, await readText(path));
}

/** The same for text that has been read; `path` is named in problems. */
export function parseContainers(path: string, text: string): Registration[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw new InputError([`${path}${lineAndColumn(text, message)}: not JSON: ${message}`], {
      cause,
    });
  }
  if (!Array.isArray(value)) throw new InputError([`${path}: expected a list of containers`]);
  const problems: string[] = [];
  const ordered = readEntries(value, entry, problemsOfFile(path, [], problems));
  if (problems.length > 0) throw new InputError(problems);
  // The schema asks for a pid everywhere.
  return ordered.map((item) => ({ ...item, pid: item.pid as number }));
}

/** `:line:column` of the position that JSON.parse names; else it quotes what is wrong. */
function lineAndColumn(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return "";
  const lines = text.slice(0, Number(position)).split("\n");
  return `:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}
