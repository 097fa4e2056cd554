import 'reflect-metadata';

/** What other decorators left on a method, Nest's route among them, its name and its length stay with what replaces it. */
export function takeOver(from: Function, to: Function): void {
  for (const key of Reflect.getMetadataKeys(from) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  Object.defineProperty(to, 'name', { value: from.name });
  Object.defineProperty(to, 'length', { value: from.length });
}
