import { InputError } from "../src/terminal/input-error.ts";

/** The problems of the InputError that `work` throws; undefined when it throws none. */
export async function problemsOf(work: () => unknown): Promise<readonly string[] | undefined> {
  try {
    await work();
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return undefined;
}
