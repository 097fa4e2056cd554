import 'reflect-metadata';

/** What a decorator leaves on handlers and classes, for each set of engines on its own. */
export class MetadataBySet<Value> {
  private readonly prefix: string;

  constructor(decorator: string) {
    this.prefix = `nestjs-database-routing:${decorator}:`;
  }

  decorate(set: string, value: Value): ClassDecorator & MethodDecorator {
    return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
      const method = descriptor?.value as object | undefined;
      Reflect.defineMetadata(this.prefix + set, value, method ?? target);
    };
  }

  /** What is written on a handler or class, for one set. */
  of(set: string, target: object): Value | undefined {
    return Reflect.getMetadata(this.prefix + set, target) as Value | undefined;
  }

  /** The sets that something is written for on a handler or class. */
  setsOn(target: object): string[] {
    const keys = Reflect.getMetadataKeys(target).filter((key) => typeof key === 'string');
    return keys.filter((key) => key.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length));
  }
}
