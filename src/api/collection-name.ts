import { SextantError } from '../model/errors.ts';

/** Characters that neither a new collection's name nor a new vector's name may contain. */
export const FORBIDDEN_CHARS = ['<', '>', ':', '"', '/', '\\', '|', '?', '*', '\0', '\x1f'];
/** Names of collections that are there already forbid only these. */
const FORBIDDEN_ALWAYS = ['/', '\0'];
export const COLLECTION_NAME_MAX = 255;

/** The name in a path. `isNew`: the stricter rules of creation. Throws `validation`. */
export function checkCollectionName(name: string, isNew: boolean): string {
  const length = [...name].length;
  if (length < 1 || length > COLLECTION_NAME_MAX) {
    throw refused(`value invalid, must be from 1 to ${COLLECTION_NAME_MAX} characters`);
  }
  if (name === '.' || name === '..') throw refused(`collection name cannot be "${name}"`);
  const bad = (isNew ? FORBIDDEN_CHARS : FORBIDDEN_ALWAYS).find((char) => name.includes(char));
  if (bad !== undefined) throw refused(`collection name cannot contain "${printable(bad)}" char`);
  return name;
}

export const printable = (char: string): string =>
  char < ' ' ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char;

const refused = (message: string): SextantError =>
  new SextantError('validation', `Validation error in path parameters: [name: ${message}]`);
