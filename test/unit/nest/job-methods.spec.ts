import 'reflect-metadata';
import { type DiscoveryService, MetadataScanner } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { openContext } from '../../../src/context/context.js';
import { currentContext, runInContext } from '../../../src/context/context-storage.js';
import { openJob, runJob } from '../../../src/context/job-context.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { RunAsJob } from '../../../src/nest/decorators/run-as-job.decorator.js';
import { JobMethods } from '../../../src/nest/job-methods.js';

/** The bookmarks that jobs were begun with. */
const begun: unknown[] = [];

function bind(set: string, ...types: Function[]): JobMethods {
  const run = (options: { bookmark?: string }, work: () => unknown) => {
    begun.push([set, options.bookmark]);
    const job = { scope: undefined, consistency: undefined, byTime: false };
    return runJob(set, openJob(currentContext(set), job), work);
  };
  const wrappers = types.map((metatype) => ({
    metatype,
    instance: Object.create(metatype.prototype as object),
  }));
  const discovery = { getControllers: () => [], getProviders: () => wrappers };
  return new JobMethods(
    { name: set, run } as unknown as DatabaseRouting,
    discovery as unknown as DiscoveryService,
    new MetadataScanner(),
  );
}

class Base {
  constructor(private readonly name = 'a base') {}

  @RunAsJob({ set: 'one' })
  @RunAsJob({ set: 'other' })
  kinds(..._args: unknown[]): unknown {
    return [this.name, currentContext('one').kind, currentContext('other').kind];
  }

  others(): string {
    return currentContext('one').kind;
  }
}

class Derived extends Base {}

describe('methods that run as jobs', () => {
  it('run as jobs of each set that they name, with their own object and arguments', () => {
    const methods = [bind('one', Base, Derived), bind('other', Base, Derived)];
    const { kinds } = Base.prototype;
    expect([kinds.name, new Base().kinds(), new Derived('derived').kinds()]).toEqual([
      'kinds',
      ['a base', 'job', 'job'],
      ['derived', 'job', 'job'],
    ]);
    expect(new Base().others()).toBe('none');
    for (const method of methods) method.onApplicationShutdown();
    expect(new Base().kinds()).toEqual(['a base', 'none', 'none']);
  });

  it('are replaced once, however many apps there have been', () => {
    bind('one', Base).onApplicationShutdown();
    const { kinds } = Base.prototype;
    const last = bind('one', Base);
    expect([Base.prototype.kinds === kinds, new Base().kinds()]).toEqual([true, ['a base', 'job', 'none']]);
    last.onApplicationShutdown();
  });

  it('belong to the work that they are called in, unless that is over', () => {
    const methods = bind('one', Base);
    const request = openContext('request', { balanced: true });
    const inRequest = () => runInContext('one', request, () => new Base().kinds());
    const inside = inRequest();
    request.work.progress = 'over';
    expect([inside, inRequest()]).toEqual([
      ['a base', 'request', 'none'],
      ['a base', 'job', 'none'],
    ]);
    methods.onApplicationShutdown();
  });

  it.each([
    [{ opts: { databaseBookmarks: { one: 'a bookmark', other: 'another' } } }, 'a bookmark'],
    [{ opts: { databaseBookmarks: { one: 7 } } }, undefined],
    [{ opts: {} }, undefined],
    [null, undefined],
    ['text', undefined],
  ])('begin with the bookmark of the set that a job of a queue has: %j', (job, bookmark) => {
    const methods = bind('one', Base);
    begun.length = 0;
    new Base().kinds(job);
    methods.onApplicationShutdown();
    expect(begun).toEqual([['one', bookmark]]);
  });
});
