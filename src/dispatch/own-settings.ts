import type { Consistency } from '../context/consistency.js';
import type { EngineChoice } from '../context/context.js';

/** What a builder or raw says of its own way. */
interface OwnSettings {
  engine?: EngineChoice | undefined;
  consistency?: Consistency | undefined;
}

const OWN = Symbol('what the query itself says');

interface HasSettings {
  [OWN]?: OwnSettings;
}

const NONE: OwnSettings = Object.freeze({});

/** What `.usingEngine()` and `.consistency()` were given. */
export function ownSettingsOf(builder: object): Readonly<OwnSettings> {
  return (builder as HasSettings)[OWN] ?? NONE;
}

/** Replaces, never changes, since clones share the settings they were made with. */
export function setOwn(builder: object, settings: OwnSettings): void {
  (builder as HasSettings)[OWN] = { ...ownSettingsOf(builder), ...settings };
}
