import type { Catalogue } from './catalogue.js';
import { MAKES_ANY_TYPE, MAKES_TYPE_OF_FIRST, TAKES_NAME_OF_TYPE } from './reviewed-functions.js';
import { typeOf } from './sql-names.js';
import type { SqlNode } from './sql-parser.js';

/** Whether a function could make a value of an unsafe type that no word of its call names. */
export function mayMakeUnsafeType(name: string, given: readonly SqlNode[], catalogue: Catalogue): boolean {
  if (!MAKES_ANY_TYPE.has(name)) return false;
  const [first = {}, second = {}] = given;
  if (MAKES_TYPE_OF_FIRST.has(name)) return typeOf(first) !== 'TypeCast';
  if (TAKES_NAME_OF_TYPE.has(name)) return !isSafeName(textIn(second), catalogue);
  return true;
}

/** A name and nothing else; `int[]` or `s.t` would have to be taken apart. */
function isSafeName(text: string, catalogue: Catalogue): boolean {
  return /^[a-z_][a-z0-9_]*$/.test(text) && catalogue.type(text) === 'safe';
}

function textIn({ A_Const: constant }: SqlNode): string {
  return (constant as { sval?: { sval?: string } } | undefined)?.sval?.sval ?? '';
}
