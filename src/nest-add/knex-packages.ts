/** A package that puts a Knex into Nest, and what its names are here. */
export interface KnexPackage {
  readonly from: string;
  /** What registers a Knex: given its options, or with a factory. */
  readonly sync: string;
  readonly async: string;
  /** The method of a class that tells the options: `useClass`, `useExisting`. */
  readonly method: string;
  /** The option that names a connection, where it is not only the second argument. */
  readonly name?: string;
  /** Options that mean nothing here. */
  readonly ignored: readonly string[];
  readonly decorators: readonly string[];
  /** The function that tells a connection's token. */
  readonly token?: string;
  /** Names for Knex's own type. */
  readonly types: readonly string[];
}

export const KNEX_MODULE = 'KnexModule';

/** What each of them calls the connection that has no other name. */
export const DEFAULT_NAME = 'default';

export const KNEX_PACKAGES: readonly KnexPackage[] = [
  {
    from: 'nest-knexjs',
    sync: 'forRoot',
    async: 'forRootAsync',
    method: 'createKnexOptions',
    name: 'name',
    ignored: ['retryAttempts', 'retryDelay'],
    decorators: ['InjectModel', 'InjectConnection'],
    token: 'getConnectionToken',
    types: [],
  },
  {
    from: 'nestjs-knex',
    sync: 'forRoot',
    async: 'forRootAsync',
    method: 'createKnexModuleOptions',
    ignored: [],
    decorators: ['InjectKnex', 'InjectConnection'],
    token: 'getKnexConnectionToken',
    types: ['Knex', 'Connection'],
  },
  {
    from: '@mithleshjs/knex-nest',
    sync: 'register',
    async: 'registerAsync',
    method: 'createKnexModuleOptions',
    name: 'configTag',
    ignored: [],
    decorators: ['InjectKnex'],
    types: [],
  },
];
