import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those around it that are missing, each with this mode, before the umask.
 * Node's own way to do so does not end where mkdir(2) says ENOENT in a folder that is there, as in
 * /proc or in a working folder that was removed.
 * @returns the first that had to be made; undefined when all were there
 * @throws the file system's error, as EACCES, EROFS, ENOTDIR; EEXIST for a file
 */
export async function makeFolders(folder: string, mode: number): Promise<string | undefined> {
  const error = await make(folder, mode);
  if (error === undefined) return folder;
  if (await isFolder(folder)) return undefined;
  const parent = dirname(folder);
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOENT" || parent === folder) throw error;
  const first = await makeFolders(parent, mode);
  const again = await make(folder, mode);
  // Another process may have been quicker.
  if (again !== undefined && !(await isFolder(folder))) throw again;
  return first ?? (again === undefined ? folder : undefined);
}

async function make(folder: string, mode: number): Promise<unknown> {
  return await mkdir(folder, { mode }).catch((error: unknown) => error);
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
