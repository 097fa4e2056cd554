import pg from 'pg';
import type { PostgresSetting } from './replicated-postgres.options.js';

/** Not by name: the older versions of pg are CommonJS, whose names Node does not see. */
// oxlint-disable-next-line import/no-named-as-default-member
const { escapeIdentifier, escapeLiteral } = pg;

/** The statement that changes a server's setting; null undoes an earlier one. */
export function alterSystem(name: string, value: PostgresSetting | null): string {
  const setting = name.split('.').map(escapeIdentifier).join('.');
  if (value === null) return `ALTER SYSTEM RESET ${setting}`;
  return `ALTER SYSTEM SET ${setting} = ${escapeLiteral(String(value))}`;
}
