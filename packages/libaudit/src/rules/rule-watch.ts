// -w, -W and -p: a watch and its permissions.
import { FieldNumber, PATH_MAX, Perm, RuleOperator } from "./rule.ts";
import type { RuleContext } from "./rule-command.ts";
import type { RuleDraft } from "./rule-draft.ts";
import { readPerm } from "./rule-value.ts";

const NAME_MAX = 255;
const MAX_PERM_LETTERS = 4;

/** What became of a watch option. */
export interface WatchResult {
  readonly error?: string;
  readonly warnings: readonly string[];
}

function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

function checkPath(path: string): WatchResult {
  const warnings: string[] = [];
  if (path.length >= PATH_MAX) {
    return { error: "The path passed for the watch is too big", warnings };
  }
  if (!path.startsWith("/")) return { error: "The path must start with '/'", warnings };
  if (baseName(path).length > NAME_MAX) {
    return { error: "The base name of the path is too big", warnings };
  }
  if (path.includes("..")) {
    warnings.push("Warning - relative path notation is not supported");
  }
  if (/[*?]/.test(path)) warnings.push("Warning - wildcard notation is not supported");
  return { warnings };
}

/** The path without slashes at its end; `/` and `//` stay. */
function trimSlashes(path: string): string {
  if (path.length <= 2) return path;
  const trimmed = path.replace(/\/+$/, "");
  return trimmed === "" ? "/" : trimmed;
}

/**
 * Makes a rule a watch: all calls, `dir` for a directory and `path` for anything else, perm rwxa
 * (AUD-15, AUD-16, AUD-17).
 */
export function setWatch(
  draft: RuleDraft,
  option: "w" | "W",
  path: string,
  context: RuleContext,
): WatchResult {
  if (option === "w" && draft.list !== undefined) {
    return { error: "watch option can't be given with a syscall", warnings: [] };
  }
  if (option === "w") draft.add = "exit";
  else draft.remove = "exit";
  draft.action = "always";
  draft.hasSyscalls = true;
  const checked = checkPath(path);
  if (checked.error !== undefined) return checked;
  const name = trimSlashes(path);
  const isDirectory = context.stat(name) === "directory";
  if (draft.fields.length > 0) {
    return { error: "Rule is not empty\n", warnings: checked.warnings };
  }
  const field = isDirectory ? FieldNumber.DIR : FieldNumber.WATCH;
  const op = RuleOperator.EQUAL;
  const all = Perm.READ | Perm.WRITE | Perm.EXEC | Perm.ATTR;
  draft.setAllSyscalls();
  draft.fields.push(
    { field, op, value: name.length, text: name },
    { field: FieldNumber.PERM, op, value: all },
  );
  draft.hasPerm = true;
  return checked;
}

/**
 * Sets the permissions of a rule, or adds them, from up to four letters in either case (AUD-18).
 * Answers the text of auditctl's complaint, undefined if it has none.
 */
export function setPerm(draft: RuleDraft, letters: string): string | undefined {
  if (draft.list === undefined) return "permission option needs a watch given prior to it";
  if (letters.length > MAX_PERM_LETTERS) return `permission ${letters} is too long`;
  const read = readPerm(letters);
  if ("bad" in read) return `Permission ${read.bad} isn't supported`;
  if (draft.fields.length === 0) return "Permissions should be preceeded by other fields";
  const perm = { field: FieldNumber.PERM, op: RuleOperator.EQUAL, value: read.bits };
  const others = draft.fields.some(({ field }) => field === FieldNumber.PERM);
  if (others) {
    draft.fields = draft.fields.map((field) => {
      return field.field === FieldNumber.PERM ? { ...field, value: read.bits } : field;
    });
  } else if (draft.full) {
    return "Too many fields when adding permissions";
  } else {
    draft.fields.push(perm);
  }
  draft.hasPerm = true;
  return undefined;
}
