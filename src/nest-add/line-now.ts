/** Where a line of a text is once a formatter has been over it: by the words on it, since lines may have come and gone before it. */
export function lineNow(before: string, line: number, after: string): number {
  const [old, now] = [before, after].map((text) => text.split('\n').map((one) => one.trim())) as [
    string[],
    string[],
  ];
  const words = old[line - 1]!;
  const nth = old.slice(0, line).filter((one) => one === words).length;
  const same = now.flatMap((one, at) => (one === words ? [at + 1] : []));
  return same[nth - 1] ?? same.at(-1) ?? line;
}
