import { dirname, posix } from 'node:path';
import { isProgram, readTexts, repoFiles, report } from './repo-files.ts';

const LINK = /\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g;
const CODE = /`([^`\n]+)`/g;
/** Code spans that are meant as paths of this repository: they start with one of its root folders, or name a root file. */
const ROOT_FOLDER = /^(src|native|tools|bench|test|docs|bin|proto|console|\.ci)\/[\w./@*-]*$/;
const ROOT_FILE = /^[\w.-]+\.(md|json|ts|mjs)$|^(LICENSE|NOTICE)$/;
/** Made by a build or a tool, so not in the repository; manifest.json is a data folder's. */
const GENERATED = /^(dist|build|node_modules)\/|^manifest\.json$/;

/** Links and file names in Markdown texts that lead nowhere, one line each. `paths` are all files of the project. */
export function checkDocs(texts: ReadonlyMap<string, string>, paths: readonly string[]): string[] {
  const known = knownPaths(paths);
  const problems: string[] = [];
  for (const [path, text] of texts) {
    text.split('\n').forEach((line, index) => {
      const where = `${path}:${index + 1}`;
      for (const [, target] of line.matchAll(LINK)) {
        if (!linkLeadsSomewhere(path, target!, known, texts)) problems.push(`${where}: dead link ${target}`);
      }
      for (const [, code] of line.matchAll(CODE)) {
        if (!mentionIsRight(path, code!, known)) problems.push(`${where}: no such file: ${code}`);
      }
    });
  }
  return problems;
}

/** Files and all their folders. */
function knownPaths(paths: readonly string[]): Set<string> {
  const known = new Set<string>();
  for (const path of paths) {
    for (let part = path; part !== '.'; part = dirname(part)) known.add(part);
  }
  return known;
}

function linkLeadsSomewhere(
  from: string,
  target: string,
  known: ReadonlySet<string>,
  texts: ReadonlyMap<string, string>,
): boolean {
  if (/^[a-z]+:/i.test(target)) return true;
  const [file, anchor] = target.split('#') as [string, string | undefined];
  const path = file === '' ? from : posix.normalize(posix.join(dirname(from), file)).replace(/\/$/, '');
  if (!known.has(path)) return false;
  const text = texts.get(path);
  return anchor === undefined || text === undefined || anchorsOf(text).has(anchor);
}

/** GitHub's anchors of the headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.matchAll(/^#+\s+(.*?)\s*$/gm);
  return new Set(
    [...headings].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function mentionIsRight(from: string, code: string, known: ReadonlySet<string>): boolean {
  if (GENERATED.test(code) || code.includes('*') || code.includes('...')) return true;
  const path = code.replace(/\/$/, '').replace(/:\d+$/, '');
  if (ROOT_FOLDER.test(code)) return foldersOf(from).some((folder) => known.has(posix.join(folder, path)));
  if (!ROOT_FILE.test(code)) return true;
  // A bare file name may stand for a file of the same folder or one told about anywhere in the project.
  return known.has(posix.join(dirname(from), path)) || [...known].some((k) => posix.basename(k) === path);
}

/** The document's folder and those above it: a path may be written from any of them. */
function foldersOf(document: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(document); folder !== '.'; folder = dirname(folder)) folders.push(folder);
  return [...folders, '.'];
}

if (isProgram(import.meta.url)) {
  const texts = readTexts(process.cwd(), (path) => path.endsWith('.md'));
  report(
    'check-docs',
    checkDocs(texts, repoFiles(process.cwd())),
    `${texts.size} documents, all links lead somewhere`,
  );
}
