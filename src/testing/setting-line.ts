import type { PostgresSetting } from './replicated-postgres.options.js';

/** One line of postgresql.conf. */
export function settingLine(name: string, value: PostgresSetting): string {
  const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
  return `${name} = '${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`;
}
