import 'reflect-metadata';

/** What a decorator leaves on handlers and classes, for each set of engines on its own. */
export class MetadataBySet<Value> {
  private readonly prefix: string;

  /** `merge`: the decorators of a target run from the inner to the outer one. Default: the outer one stands alone. */
  constructor(
    decorator: string,
    private readonly merge: (outer: Value, inner: Value) => Value = (outer) => outer,
  ) {
    this.prefix = `nestjs-database-routing:${decorator}:`;
  }

  decorate(set: string, value: Value): ClassDecorator & MethodDecorator {
    const key = this.prefix + set;
    return (type: object, _name?: string | symbol, descriptor?: PropertyDescriptor) => {
      const target = (descriptor?.value as object | undefined) ?? type;
      const inner = Reflect.getOwnMetadata(key, target) as Value | undefined;
      Reflect.defineMetadata(key, inner === undefined ? value : this.merge(value, inner), target);
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
