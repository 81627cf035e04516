/** What the user gave cannot be used: one line for each problem, each naming file and field. */
export class InputError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    const lines = problems.map(printable);
    super(lines.join("\n"), options);
    this.name = "InputError";
    this.problems = lines;
  }

  /** A file that cannot be used, with the system's reason. */
  static fromSystem(path: string, cause: unknown): InputError {
    return new InputError([`${path}: ${systemReason(cause)}`], { cause });
  }
}

/** The arguments themselves are wrong, whatever is in files and whoever is there: exit code 2. */
export class UsageError extends InputError {
  constructor(problems: readonly string[]) {
    super(problems);
    this.name = "UsageError";
  }
}

/** What is quoted from a file must not break the line, nor reach a terminal as a command. */
function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EEXIST: "exists already",
  EISDIR: "is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many open files",
  ECONNREFUSED: "nobody listens there",
};

/** A file system error in words. */
export function systemReason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : REASONS[code];
  return reason === undefined ? (message ?? String(cause)) : `${reason} (${code})`;
}

/** What to tell the user of any error: one line for each problem. */
export function problemsOf(error: unknown): readonly string[] {
  if (error instanceof InputError) return error.problems;
  const { path } = error as NodeJS.ErrnoException;
  return [`${path === undefined ? "" : `${path}: `}${systemReason(error)}`];
}
