/** Statements as they stand in a list: one a line; empty lines and those that begin with `#` are for the reader. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Every way to fill `{}` of the templates. */
export function filled(templates: readonly string[], fillings: readonly string[]): string[] {
  return templates.flatMap((template) => fillings.map((filling) => template.replaceAll('{}', () => filling)));
}
