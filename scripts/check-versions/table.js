const BEGIN = '<!-- made by npm run check:versions -->';
const END = '<!-- end -->';

/** A table of what was tried, and how it went. */
export function tableOf(results) {
  const head = [
    '',
    'Node',
    'Nest',
    'HTTP',
    'Knex',
    'pg',
    'PostgreSQL',
    'TypeScript',
    '`module`',
    'checks passed',
  ];
  const rows = results.map(({ cell: { name, labels }, passed, count, failures }) => {
    const { node, nest, platform, knex, pg, postgres, typescript, modules } = labels;
    const outcome = failures.length === 0 ? `${passed} of ${count}` : `**${passed} of ${count}**`;
    return [name, node, nest, platform, knex, pg, postgres, typescript, modules, outcome];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The page with the table in its place. */
export function inPage(page, table) {
  const [before, , after] = page.split(new RegExp(`(?<=${BEGIN})|(?=${END})`));
  return `${before}\n\n${table}\n\n${after}`;
}
