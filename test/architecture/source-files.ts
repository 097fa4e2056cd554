import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

export interface Import {
  /** A package's name, or a file of ours relative to src. */
  readonly from: string;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to src. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const IMPORT =
  /^(?:import|export)\b(?<what>[^;']*?)\bfrom\s+'(?<from>[^']+)'|^import\s+'(?<bare>[^']+)'|\bimport\('(?<later>[^']+)'\)/gm;

export function sourceFiles(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(SRC, path), 'utf8');
      return { path, text, lines: text.trimEnd().split('\n').length, imports: importsOf(path, text) };
    });
}

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map(({ groups = {} }) => {
    const { what = '', from = groups['bare'] ?? groups['later'] ?? '' } = groups;
    return { from: ours(path, from), typeOnly: isTypeOnly(what) };
  });
}

function isTypeOnly(what: string): boolean {
  const names = /\{(?<names>[^}]*)\}/s.exec(what)?.groups?.['names'];
  if (/^\s*type\b/.test(what)) return true;
  return names !== undefined && names.split(',').every((name) => /^\s*(?:type\s|$)/.test(name));
}

function ours(path: string, from: string): string {
  if (!from.startsWith('.')) return from;
  return relative(SRC, normalize(join(SRC, dirname(path), from))).replace(/\.js$/, '.ts');
}
