import 'reflect-metadata';

/** Where `@nestjs/swagger` looks for what a handler takes, and Nest for which methods are handlers; none of them is imported. */
const API_PARAMETERS = 'swagger/apiParameters';
const ROUTE_METHOD = 'method';

/** Lists master params as optional queries in an app's OpenAPI document, of a handler, or of all of a class's. */
export function describeMasterParams(names: readonly string[]): ClassDecorator & MethodDecorator {
  const params = names.map((name) => ({
    name,
    in: 'query',
    required: false,
    allowEmptyValue: true,
    type: String,
    description: 'Reads from the master, whatever its value',
  }));
  return (type: object, _name?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (params.length === 0) return;
    for (const handler of descriptor ? [descriptor.value as object] : handlersOf(type as Function)) {
      const before = (Reflect.getMetadata(API_PARAMETERS, handler) ?? []) as readonly object[];
      Reflect.defineMetadata(API_PARAMETERS, [...before, ...params], handler);
    }
  };
}

/** A class's decorators run after those of its methods. */
function handlersOf({ prototype }: Function): object[] {
  const properties = Object.values(Object.getOwnPropertyDescriptors((prototype ?? {}) as object));
  const methods = properties
    .map(({ value }) => value as unknown)
    .filter((value) => typeof value === 'function');
  return methods.filter((method) => Reflect.hasMetadata(ROUTE_METHOD, method));
}
