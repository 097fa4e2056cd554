import type { EngineChoice } from '../context/context.js';

const OWN_ENGINE = Symbol('engine named by the query itself');

interface NamesEngine {
  [OWN_ENGINE]?: EngineChoice;
}

/** The engine that a builder or raw was given by `.usingEngine()`. */
export function ownEngineOf(builder: object): EngineChoice | undefined {
  return (builder as NamesEngine)[OWN_ENGINE];
}

export function setOwnEngine(builder: object, engine: EngineChoice | undefined): void {
  (builder as NamesEngine)[OWN_ENGINE] = engine;
}
