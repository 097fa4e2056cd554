export const ENV_EXAMPLE = '.env.example';

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly comment: string;
  /** Written as a comment: it is not needed to begin with. */
  readonly isOff?: boolean;
}

const MASTER: Variable = {
  name: 'DATABASE_MASTER_URL',
  value: 'postgres://user:password@localhost:5432/app',
  comment: 'The database that takes the writes.',
};

const OTHERS: readonly Variable[] = [
  {
    name: 'DATABASE_SLAVES_SLAVE1_URL',
    value: 'postgres://user:password@localhost:5433/app',
    comment: 'A streaming slave, here called slave1. One such line for each; none is needed to begin with.',
    isOff: true,
  },
  {
    name: 'DATABASE_MODE',
    value: 'shadow',
    comment:
      'shadow: all runs on the master as before, and what would move is reported. on: it moves. master: nothing does.',
  },
];

/** The file with the variables that it lacks at its end, or unchanged where it lacks none. */
export function envExample(before: string, isMasterInEnv: boolean): string {
  const has = (name: string) =>
    new RegExp(String.raw`^[ \t]*#?[ \t]*(?:export[ \t]+)?${name}[ \t]*=`, 'm').test(before);
  const needsMaster = isMasterInEnv && !has('DATABASE_URL');
  const missing = [...(needsMaster ? [MASTER] : []), ...OTHERS].filter(({ name }) => !has(name));
  if (missing.length === 0) return before;
  const eol = before.includes('\r\n') ? '\r\n' : '\n';
  const start = before === '' ? '' : `${before.trimEnd()}${eol}${eol}`;
  const lines = missing.flatMap(({ name, value, comment, isOff }) => [
    `# ${comment}`,
    `${isOff ? '# ' : ''}${name}=${value}`,
  ]);
  return `${start}${lines.join(eol)}${eol}`;
}
