import type { Catalogue } from './catalogue.js';
import type { Classification } from './intent.js';
import type { NameListener } from './name-judge.js';
import type { WalkSql } from './named-tables.js';
import type { OwnNames } from './versions.js';

/** Finds them in a text, down through views and policies. */
export function ownNamesIn(sql: string, catalogue: Catalogue, walk: WalkSql): OwnNames {
  const functions = new Set<string>();
  const relations = new Set<string>();
  const walked = new Set<string>();
  const listener: NameListener = {
    relation(schema, name) {
      const expressions = catalogue.sqlIn(schema, name);
      if (expressions.length > 0) relations.add(name);
      expressions.forEach(walkOnce);
    },
    function(schema, name, given) {
      if (catalogue.isOwn(schema, name, given)) functions.add(name);
    },
  };
  function walkOnce(text: string): void {
    if (walked.has(text)) return;
    walked.add(text);
    walk(text, listener);
  }
  walkOnce(sql);
  return { functions, relations };
}

/** A read that runs what the app has made, with the versions by which it was proved one. */
export function withVersions(
  found: Classification,
  sql: string,
  catalogue: Catalogue | undefined,
  walk: WalkSql,
): Classification {
  if (!found.usesOwn || !catalogue) return found;
  const names = withCalled(ownNamesIn(sql, catalogue, walk), catalogue);
  return Object.freeze({ ...found, rests: catalogue.versions.known(names) });
}

/** The same, and down through what the functions call by name: any word in their bodies may be one. */
function withCalled({ functions, relations }: OwnNames, catalogue: Catalogue): OwnNames {
  const all = { functions: new Set(functions), relations: new Set(relations) };
  for (const name of all.functions) {
    for (const word of catalogue.wordsOfBodies(name)) {
      if (catalogue.isOwn(undefined, word)) all.functions.add(word); // a set's loop comes to what is added meanwhile
      if (catalogue.sqlIn(undefined, word).length > 0) all.relations.add(word);
    }
  }
  return all;
}
