import { isProgram, readTexts, report } from './repo-files.ts';

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;
/** A suite's describe callback holds many tests and is as long as they are. */
const TEST = /(\.test|-contract)\.ts$/;

/** Files and functions that grew past their limit, one line each. */
export function checkSize(texts: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const [path, text] of texts) {
    const lines = text.split('\n');
    const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
    if (count > FILE_LINES_MAX) problems.push(`${path}: ${count} lines, at most ${FILE_LINES_MAX}`);
    if (/\.(ts|mjs)$/.test(path) && !TEST.test(path)) problems.push(...longFunctions(path, lines));
  }
  return problems;
}

const FUNCTION_START = [
  /^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?function\b\s*\*?\s*(\w*)/,
  /^\s*(?:(?:private|protected|public|static|override|async|get|set)\s+)*\*?\s*(#?\w+)\s*(?:<[^>]*>)?\([^;]*$/,
  /^\s*(?:export\s+)?const\s+(\w+)\b.*=>\s*(?:\(?\{)?$/,
];
const NOT_A_METHOD =
  /^(if|for|while|switch|return|catch|await|super|describe|it|test|expect|new|else|throw|typeof)$/;

/**
 * Functions by their indentation: the formatter puts the closing brace of a block under the first letter of the line
 * that opened it, so a function ends at the first `}` of its own indentation.
 */
function longFunctions(path: string, lines: readonly string[]): string[] {
  const problems: string[] = [];
  lines.forEach((line, start) => {
    const name = functionName(line);
    if (name === null) return;
    const indent = line.length - line.trimStart().length;
    const closing = new RegExp(`^ {${indent}}\\}`);
    for (let end = start + 1; end < lines.length; end++) {
      const text = lines[end]!;
      if (closing.test(text)) {
        if (/\{\s*$/.test(text)) continue; // `}: Options): Result {` ends the parameters only
        const length = end - start + 1;
        if (length > FUNCTION_LINES_MAX) {
          problems.push(`${path}:${start + 1}: ${name} has ${length} lines, at most ${FUNCTION_LINES_MAX}`);
        }
        return;
      }
      if (text.trim() !== '' && text.length - text.trimStart().length < indent) return;
    }
  });
  return problems;
}

function functionName(line: string): string | null {
  for (const pattern of FUNCTION_START) {
    const match = pattern.exec(line);
    if (match && !NOT_A_METHOD.test(match[1] ?? '')) return match[1] || '(unnamed function)';
  }
  return null;
}

if (isProgram(import.meta.url)) {
  const texts = readTexts(process.cwd(), (path) =>
    /^(src|tools|bench|test|native|bin)\/.*\.(ts|mjs|cpp|hpp|h|cc)$/.test(path),
  );
  report('check-size', checkSize(texts), `${texts.size} files within ${FILE_LINES_MAX} lines`);
}
