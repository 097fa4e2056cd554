import { tokensOf } from './sql-tokens.js';

/** What a word and a subquery take, in whatever unit. */
export interface Weights {
  readonly word: number;
  readonly subquery: number;
}

const OPENS = new Set(['(', '[']);
const CLOSES = new Set([')', ']']);
const SEPARATES = new Set([',', ';']);
const SUBQUERIES = new Set(['select', 'values', 'table', 'with']);
/** They chain what stands between commas: `select a, b union select a, b`. */
const CHAINS = new Set(['union', 'intersect', 'except']);

/** One pair of brackets, or the text around all. */
class Level {
  private chained = 0;
  private item = 0;
  private deepestInItem = 0;
  private deepest = 0;

  add(weight: number): void {
    this.item += weight;
  }

  chain(weight: number): void {
    this.chained += weight;
  }

  nest(weight: number): void {
    this.deepestInItem = Math.max(this.deepestInItem, weight);
  }

  nextItem(): void {
    this.deepest = Math.max(this.deepest, this.item + this.deepestInItem);
    this.item = this.deepestInItem = 0;
  }

  get weight(): number {
    this.nextItem();
    return this.chained + this.deepest;
  }
}

/**
 * The most that words of a text can weigh which stand in one another. What commas separate stands beside each other: of a
 * thousand columns only the heaviest counts. Undefined where the text could be read in two ways.
 */
export function heaviestNesting(sql: string, { word, subquery }: Weights): number | undefined {
  const tokens = tokensOf(sql);
  if (!tokens) return undefined;
  const levels = [new Level()];
  for (const { text } of tokens) {
    const level = levels.at(-1)!;
    const lower = text.toLowerCase();
    if (SEPARATES.has(text)) level.nextItem();
    else if (CLOSES.has(text) && levels.length > 1) levels.at(-2)!.nest(levels.pop()!.weight);
    else if (CHAINS.has(lower)) level.chain(word + subquery);
    else level.add(SUBQUERIES.has(lower) ? word + subquery : word);
    if (OPENS.has(text)) levels.push(new Level());
  }
  while (levels.length > 1) levels.at(-2)!.nest(levels.pop()!.weight);
  return levels[0]!.weight;
}
