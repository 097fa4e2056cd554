import { Imports } from './imports.js';
import { Source } from './source.js';

/** A file of the app, with its imports. */
export class AppFile extends Source {
  readonly imports = new Imports(this);
}
