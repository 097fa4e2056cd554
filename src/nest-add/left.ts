import type ts from 'typescript';

/** Why something is left as it is. */
export class Left {
  constructor(
    readonly node: ts.Node,
    readonly why: string,
  ) {}
}
