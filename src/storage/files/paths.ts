import { SextantError } from '../../model/errors.ts';
import type { Files } from './files.ts';

/** `a//b/./c/` -> `a/b/c`; refuses to climb out of the root. */
export function normalisePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new SextantError('internal', `a path may not climb up: ${path}`);
  return parts.join('/');
}

/** The folder that holds `path`; '' is the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export const joinPath = (folder: string, name: string): string =>
  folder === '' ? name : `${folder}/${name}`;

/** Makes the names in `folder` durable, and the folder's own name, up to the root. */
export async function syncFolders(files: Files, folder: string): Promise<void> {
  for (let at = normalisePath(folder); ; at = parentOf(at)) {
    await files.syncFolder(at);
    if (at === '') return;
  }
}

/** An error with a system code, as Node's own file functions throw it. */
export function fileError(code: string, text: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${text}, '${path}'`), { code, path });
}
