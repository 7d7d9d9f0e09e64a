/** What a TypeScript text imports, found by its import and export statements; comments and strings are left out. */
export interface ImportOf {
  specifier: string;
  typeOnly: boolean;
  line: number;
}

const STATEMENT = /^[ \t]*(import|export)\b(\s+type\b)?(?:[^'"`;]*?\bfrom)?\s*(['"])([^'"\n]+)\3/gm;
const DYNAMIC = /\b(?:import|require)\s*\(\s*(['"`])([^'"`\n]+)\1/g;
const TYPE_QUERY = /\bimport\s*\(\s*(['"])([^'"\n]+)\1\s*\)\s*\./g;

export function importsOf(text: string): ImportOf[] {
  const code = blankComments(text);
  const found: ImportOf[] = [];
  const lineOf = (at: number): number => code.slice(0, at).split('\n').length;
  for (const match of code.matchAll(STATEMENT)) {
    const at = match.index + match[0].indexOf(match[1]!);
    found.push({ specifier: match[4]!, typeOnly: match[2] !== undefined, line: lineOf(at) });
  }
  const typeQueries = new Set([...code.matchAll(TYPE_QUERY)].map((match) => match.index));
  for (const match of code.matchAll(DYNAMIC)) {
    found.push({ specifier: match[2]!, typeOnly: typeQueries.has(match.index), line: lineOf(match.index) });
  }
  return found;
}

/** Comments become spaces (line breaks stay); quoted text is kept, so that `//` inside of it is no comment. */
function blankComments(text: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (part) => (part.startsWith('/') ? part.replace(/[^\n]/g, ' ') : part));
}
