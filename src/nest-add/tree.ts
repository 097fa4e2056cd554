/**
 * What is used of the Angular DevKit, which the Nest CLI runs schematics with. It hands these in; so nothing of it is imported,
 * and the package needs no dependency that apps do not load.
 */
export interface Tree {
  exists(path: string): boolean;
  readText(path: string): string;
  create(path: string, text: string): void;
  overwrite(path: string, text: string): void;
  getDir(path: string): Folder;
}

export interface Folder {
  readonly subdirs: readonly string[];
  readonly subfiles: readonly string[];
  dir(name: string): Folder;
}

export interface SchematicContext {
  readonly logger: { info(line: string): void; warn(line: string): void };
}
