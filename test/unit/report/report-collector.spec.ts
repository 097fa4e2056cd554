import { describe, expect, it } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { READ, unproved, write } from '../../../src/intent/intent.js';
import { ReportCollector } from '../../../src/report/report-collector.js';

const MOVED = { moved: true, reason: 'balanced', waited: false, ms: 2 } as const;
const STAYED = { moved: false, reason: 'wrote', waited: false, ms: 1 } as const;
const HELD = unproved('function f is volatile');

/** At that many ms; a builder that compiles to the SQL. */
function collecting() {
  let nowMs = 0;
  const collector = new ReportCollector(
    'default',
    clockAt(() => nowMs),
  );
  const shapeOf = (sql: string) =>
    collector.shapeOf(sql, {
      client: { positionBindings: (text: string) => text, queryBuilder: () => ({}) },
      toSQL: () => ({ sql }),
    });
  return { collector, shapeOf, turn: (toMs: number) => (nowMs = toMs) };
}

describe('the counts of a report', () => {
  it('add up by handler, by shape and by reason', () => {
    const { collector, shapeOf } = collecting();
    for (const id of [1, 2, 3])
      collector.count('A.a', shapeOf(`select * from posts where id = ${id}`), READ, MOVED);
    collector.count('B.b', shapeOf('select * from posts where id = 4'), READ, { ...STAYED, ms: 6 });
    collector.count('B.b', shapeOf('insert into posts values (1)'), write('it writes'), STAYED);
    const report = collector.report('shadow');
    expect(report.total).toEqual({
      reads: 4,
      ms: 12,
      moved: 3,
      movedMs: 6,
      share: 0.75,
      timeShare: 0.5,
      waited: 0,
    });
    expect(report.writes).toBe(1);
    expect(report.stays).toEqual([{ reason: 'wrote', reads: 1, ms: 6 }]);
    expect(report.handlers.map(({ handler, moved }) => [handler, moved])).toEqual([
      ['A.a', 3],
      ['B.b', 0],
    ]);
    expect(report.shapes).toMatchObject([{ shape: 'select * from posts where id = ?', reads: 4, moved: 3 }]);
    expect(report.untold).toEqual({ handlers: 0, shapes: 0 });
  });

  it('tell what is held, and a write that looks like a read, and not what only writes', () => {
    const { collector, shapeOf } = collecting();
    const isWrite = write('function nextval is volatile');
    collector.count('A.a', shapeOf('select f()'), HELD, { ...STAYED, reason: 'write' });
    collector.count('A.a', shapeOf(" with x as (select 1) select nextval('s')"), isWrite, STAYED);
    collector.count('A.a', shapeOf("update posts set id = nextval('s')"), isWrite, STAYED);
    collector.count('A.a', shapeOf('select 1'), READ, STAYED);
    const { held, total, writes } = collector.report('shadow');
    expect(held.map(({ because }) => because)).toEqual([
      'function f is volatile',
      'function nextval is volatile',
    ]);
    expect([total.reads, writes]).toEqual([3, 1]);
  });

  it('tell no more than 500 shapes and 200 handlers apart, and count the rest in the total', () => {
    const { collector, shapeOf } = collecting();
    for (let n = 0; n < 700; n++) collector.count(`A.a${n}`, shapeOf(`select c${n} from posts`), READ, MOVED);
    const { total, shapes, handlers, untold } = collector.report('on');
    expect([total.reads, shapes.length, handlers.length]).toEqual([700, 500, 200]);
    expect(untold).toEqual({ handlers: 500, shapes: 200 });
  });

  it('find the shapes of new texts only so often', () => {
    const { collector, shapeOf, turn } = collecting();
    for (let n = 0; n < 3_000; n++) collector.count('A.a', shapeOf(`select ${n}`), READ, MOVED);
    expect(collector.report('on').shapes).toMatchObject([{ shape: 'select ?', reads: 1_000 }]);
    turn(1_000);
    for (let n = 3_000; n < 4_000; n++) collector.count('A.a', shapeOf(`select ${n}`), READ, MOVED);
    expect(collector.report('on').shapes).toMatchObject([{ reads: 1_020 }]);
  });

  it('take few stack traces of a shape, and none once one has told the site', () => {
    const { shapeOf } = collecting();
    let looks = 0;
    const nowhere = () => void looks++;
    for (let n = 0; n < 10; n++) shapeOf('select 1')?.sample(nowhere as () => undefined);
    expect(looks).toBe(3);
    const shape = shapeOf('select a from posts')!;
    shape.sample(() => 'here.ts:1:1');
    shape.sample(() => 'there.ts:1:1');
    expect(shape.site).toBe('here.ts:1:1');
  });

  it('are a page as a text, and plain data otherwise', () => {
    const { collector, shapeOf } = collecting();
    collector.count('A.a', shapeOf('select f()'), HELD, { ...STAYED, reason: 'write' });
    const report = collector.report('shadow');
    expect(String(report)).toContain('reads that would have gone to slaves: 0 of 1 (0.0 %)');
    expect(String(report)).toContain('1 × select f(): function f is volatile');
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({ total: { reads: 1 }, mode: 'shadow' });
    expect(Object.keys(report)).not.toContain('toString');
  });
});
