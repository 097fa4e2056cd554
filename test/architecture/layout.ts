import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/architecture.md', import.meta.url);

/** Files and folders of src, each importing only from those before it: the table that readers see is the list. */
export function layout(): string[] {
  const page = readFileSync(PAGE, 'utf8');
  const [, table = ''] = /^\| in `src\/` \| holds \|\n([\s\S]*?)\n\n/m.exec(page) ?? [];
  return [...table.matchAll(/^\| `([^`]+?)\/?` \|/gm)].map(([, name]) => name!);
}
