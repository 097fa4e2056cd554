/** An option's value; undefined where it was not given. Throws for what is no number above 0. */
export function positiveNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text.replaceAll('_', ''));
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, got ${text}`);
  return number;
}
