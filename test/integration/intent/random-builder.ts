import fc from 'fast-check';
import type { Knex } from 'knex';

/** A builder's plan: what it is made of, and whether all of that is known to be safe. */
export interface Plan {
  readonly safe: boolean;
  readonly steps: readonly string[];
  build(db: Knex): Knex.QueryBuilder;
}

type Apply = (query: Knex.QueryBuilder, db: Knex) => void;

interface Part {
  readonly name: string;
  readonly safe: boolean;
  readonly apply: Apply;
}

const part = (name: string, apply: Apply, safe = true): Part => ({ name, safe, apply });
const unsafe = (name: string, apply: Apply): Part => part(name, apply, false);

/** All that these name is in the corpus' schema; every table has the columns id and name or label. */
const SAFE_TABLES = ['authors', 'posts', 'tree', 'published', 'public.authors', 'stored_ids'];
const UNSAFE_TABLES = ['bumps', 'latches_with_id', 'scratch', 'watched_with_id', 'bumps_hidden'];

const SAFE_RAW = [
  'twice(1)',
  'now() is not null',
  'upper(?)',
  `'nextval('`,
  'random()',
  '(select count(*) from posts)',
  'coalesce(null, 1)',
  '1 /* for update */',
  'array[1, 2]',
  '"other".calm()',
];
const UNSAFE_RAW = [
  'bump(1)',
  'lock_quietly(51)',
  `nextval('seq')`,
  'pg_advisory_lock(52)',
  `set_config('work_mem', '9MB', false)`,
  'bumped_by_default()',
  '(22).lock_quietly',
  '1::ticket',
  '5::counted',
  '(select max(n) from latches)',
  '1 <~~> 2',
  'mixed(?)',
];

const raws = (texts: readonly string[], safe: boolean) =>
  fc.constantFrom(...texts).map((text) => ({
    text,
    safe,
    raw: (db: Knex) => db.raw(text, text.includes('?') ? ['a'] : []),
  }));

function partsOf(inner: fc.Arbitrary<Plan>, onlySafe: boolean): fc.Arbitrary<Part> {
  const raw = onlySafe
    ? raws(SAFE_RAW, true)
    : fc.oneof(
        { weight: 5, arbitrary: raws(SAFE_RAW, true) },
        { weight: 1, arbitrary: raws(UNSAFE_RAW, false) },
      );
  const ids = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 3 });
  const plain = fc.constantFrom(
    part('where', (q) => void q.where('t.id', '>', 0)),
    part('where callback', (q) => void q.where((w) => void w.where('t.id', 1).orWhereNull('t.id'))),
    part('where not', (q) => void q.whereNot({ 't.id': 9 })),
    part('where between', (q) => void q.whereBetween('t.id', [0, 9])),
    part('where ref', (q, db) => void q.where('t.id', db.ref('t.id'))),
    part('order', (q) => void q.orderBy([{ column: 't.id', order: 'desc', nulls: 'last' }])),
    part('limit', (q) => void q.limit(3).offset(1)),
    part('left join', (q) => void q.leftJoin('tree as j', 'j.id', 't.id')),
    part(
      'join on callback',
      (q) => void q.join('posts as k', (on) => void on.on('k.id', 't.id').andOnVal('k.id', '>', 0)),
    ),
    part('cross join', (q) => void q.crossJoin('authors as x' as never)),
    part('comment', (q) => void q.comment('for update; delete from tree')),
    part(
      'exists callback',
      (q) =>
        void q.whereExists(function () {
          void this.from('posts as e').where('e.id', '>', 0);
        }),
    ),
  );
  const locks = fc.constantFrom(
    unsafe('for update', (q) => void q.forUpdate()),
    unsafe('for share skip locked', (q) => void q.forShare().skipLocked()),
    unsafe('for no key update nowait', (q) => void q.forNoKeyUpdate().noWait()),
    unsafe('for key share', (q) => void q.forKeyShare()),
  );
  const writing = fc.constantFrom(
    unsafe('with insert', (q, db) => void q.with('w', db('tree').insert({ id: 99 }).returning('id'))),
    unsafe(
      'with update callback',
      (q) => void q.with('w', (w) => void w.from('tree').update({ label: 'x' }).returning('id')),
    ),
    unsafe(
      'with delete raw',
      (q, db) => void q.with('w', db.raw('delete from tree where false returning id')),
    ),
    unsafe(
      'with delete deep',
      (q, db) => void q.with('w', db.with('v', db('tree').del().returning('id')).select('id').from('v')),
    ),
    unsafe('join unsafe view', (q) => void q.leftJoin('bumps as u', 'u.id', 't.id')),
    unsafe(
      'from unsafe view',
      (q) => void q.whereIn('t.id', (w) => void w.select('id').from('latches_with_id')),
    ),
  );
  const usingRaw = raw.chain(({ text, safe, raw: make }) =>
    fc.constantFrom(
      part(`select ${text}`, (q, db) => void q.select(db.raw('(?)::text as r', [make(db)])), safe),
      part(`where ${text}`, (q, db) => void q.whereRaw('(?) is not null', [make(db)]), safe),
      part(`order by ${text}`, (q, db) => void q.orderByRaw('(?)::text', [make(db)]), safe),
      part(
        `order by value ${text}`,
        (q, db) => void q.orderBy(db.raw('(?)::text', [make(db)]) as never, 'desc'),
        safe,
      ),
      part(`join on ${text}`, (q, db) => void q.joinRaw('left join tree r on (?) is null', [make(db)]), safe),
      part(
        `with ${text}`,
        (q, db) => void q.with('rw', db.raw('select (?)::text as v', [make(db)])).crossJoin('rw' as never),
        safe,
      ),
      part(
        `where value ${text}`,
        (q, db) => void q.where(db.raw('(?)::text', [make(db)]) as never, '<>', 'q'),
        safe,
      ),
      part(
        `from ${text}`,
        (q, db) => void q.joinRaw('cross join lateral (select (?)::text as z) l', [make(db)]),
        safe,
      ),
      part(
        `where case ${text}`,
        (q, db) =>
          void q.where((w) => void w.whereRaw('case when (?) is null then true else true end', [make(db)])),
        safe,
      ),
    ),
  );
  const nested = fc
    .tuple(
      inner,
      fc.constantFrom(
        'in',
        'callback',
        'union',
        'union callback',
        'with',
        'with callback',
        'select',
        'from',
        'exists',
        'intersect',
        'join',
      ),
      fc.nat(1e6),
    )
    .map(([plan, how, n]) =>
      part(`${how} (${plan.steps.join('; ')})`, NESTED[how]!(plan, `n${n}`), plan.safe),
    );
  const inList = ids.map((list) => part(`in ${list.length}`, (q) => void q.whereIn('t.id', list)));
  const choices = [
    { weight: 6, arbitrary: plain },
    { weight: 2, arbitrary: inList },
    { weight: 4, arbitrary: usingRaw },
    { weight: 4, arbitrary: nested },
    ...(onlySafe ? [] : [{ weight: 1, arbitrary: fc.oneof(locks, writing) }]),
  ];
  return fc.oneof(...choices);
}

/** How a builder goes into another one. */
const NESTED: Readonly<Record<string, (plan: Plan, alias: string) => Apply>> = {
  in: (plan) => (q, db) => void q.whereIn('t.id', idsOf(plan, db)),
  'callback': (plan) => (q, db) => void q.whereIn('t.id', function () { void this.select('i.id').from(idsOf(plan, db).as('i') as never); }), // prettier-ignore
  union: (plan) => (q, db) =>
    void q.whereIn(
      't.id',
      db
        .select('a.id')
        .from('authors as a')
        .union([idsOf(plan, db)], true),
    ),
  'union callback': (plan) => (q, db) =>
    void q.whereIn('t.id', (w) => void w.select('a.id').from('authors as a').unionAll(idsOf(plan, db))),
  with: (plan, alias) => (q, db) => void q.with(alias, idsOf(plan, db)),
  'with callback': (plan, alias) => (q, db) => void q.withMaterialized(alias, (w) => void w.select('i.id').from(idsOf(plan, db).as('i') as never)).leftJoin(alias, `${alias}.id`, 't.id'), // prettier-ignore
  select: (plan, alias) => (q, db) =>
    void q.select(
      db
        .from(idsOf(plan, db).as('s') as never)
        .max('s.id')
        .as(alias) as never,
    ),
  from: (plan, alias) => (q, db) =>
    void q.leftJoin(idsOf(plan, db).as(alias) as never, `${alias}.id`, 't.id'),
  exists: (plan) => (q, db) => void q.whereExists(idsOf(plan, db)),
  intersect: (plan) => (q, db) =>
    void q.whereIn('t.id', idsOf(plan, db).intersect([db.select('a.id').from('tree as a')], true)),
  join: (plan, alias) => (q, db) =>
    void q.join(idsOf(plan, db).as(alias) as never, (on) => void on.on(`${alias}.id`, 't.id')),
};

/** One column, so that it fits into any other query. */
function idsOf(plan: Plan, db: Knex): Knex.QueryBuilder {
  return db.select('c.id').from(plan.build(db).as('c') as never);
}

function planOf(depth: number, onlySafe: boolean): fc.Arbitrary<Plan> {
  const inner = depth === 0 ? leafOf() : planOf(depth - 1, onlySafe);
  const tables = onlySafe
    ? fc.constantFrom(...SAFE_TABLES)
    : fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...SAFE_TABLES) },
        { weight: 1, arbitrary: fc.constantFrom(...UNSAFE_TABLES) },
      );
  const parts = fc.uniqueArray(partsOf(inner, onlySafe), {
    maxLength: 5,
    selector: ({ name }) => name.split(' ')[0],
  });
  return fc.tuple(tables, parts, fc.constantFrom('select', 'pluck', 'first')).map(([table, chosen]) => ({
    safe: !UNSAFE_TABLES.includes(table) && chosen.every(({ safe }) => safe),
    steps: [table, ...chosen.map(({ name }) => name)],
    build: (db: Knex) => {
      const query = db.select('t.id').from(`${table} as t`);
      for (const { apply } of chosen) apply(query, db);
      return query;
    },
  }));
}

function leafOf(): fc.Arbitrary<Plan> {
  return fc.constantFrom('authors', 'tree').map((table) => ({
    safe: true,
    steps: [table],
    build: (db: Knex) => db.select('t.id').from(`${table} as t`),
  }));
}

/** Random reads and writes. */
export const anyBuilder: fc.Arbitrary<Plan> = planOf(2, false);

/** Random builders made of nothing but what is safe. */
export const safeBuilder: fc.Arbitrary<Plan> = planOf(2, true);
