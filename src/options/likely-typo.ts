/** Shorter names differ by one character at the most: many are words that an app uses for itself. */
const CHARACTERS_A_DIFFERENCE = 4;
const MOST_DIFFERENCES = 2;

/** The known name that was likely meant, if any: one that differs by a character or two. */
export function likelyMeant(name: string, known: Iterable<string>): string | undefined {
  const allowed = Math.min(MOST_DIFFERENCES, Math.ceil(name.length / CHARACTERS_A_DIFFERENCE));
  let [nearest, least]: [string | undefined, number] = [undefined, allowed + 1];
  for (const one of known) {
    if (Math.abs(one.length - name.length) >= least) continue;
    const differences = editDistance(name, one);
    if (differences < least) [nearest, least] = [one, differences];
  }
  return nearest;
}

/** How many characters must be put in, taken out, replaced or swapped with the next (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (let n = 0; n < one.length; n++) {
    const next = [n + 1];
    for (let m = 0; m < other.length; m++) {
      const replaced = row[m]! + (one[n] === other[m] ? 0 : 1);
      const isSwapped = m > 0 && one[n] === other[m - 1] && one[n - 1] === other[m];
      const swapped = isSwapped ? before[m - 1]! + 1 : Infinity;
      next.push(Math.min(replaced, swapped, row[m + 1]! + 1, next[m]! + 1));
    }
    [before, row] = [row, next];
  }
  return row.at(-1)!;
}
