import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { ExampleProject, examplesIn, findExamples, pageText, reasonsInSource } from './examples.js';

const examples = findExamples();
const runnable = examples.filter(({ isRun }) => isRun);

describe('the examples in the documents', () => {
  let project: ExampleProject;
  let databases: ReplicatedPostgres;

  beforeAll(async () => {
    project = new ExampleProject(examples);
    databases = await startReplicatedPostgres({ slaves: 1 });
  });

  afterAll(async () => {
    project.remove();
    await databases?.stop();
  });

  it('compile', () => {
    expect(project.compile()).toBe('');
  });

  it.each(runnable.map((example) => [example.title, example] as const))(
    'print what %s says',
    (_title, example) => {
      const env = {
        DATABASE_MASTER_URL: databases.master.url,
        DATABASE_SLAVES_SLAVE1_URL: databases.slave('slave1').url,
      };
      expect(project.run(example, env)).toBe(example.prints);
    },
  );

  it('are there in the README and for both ways to use it, with and without Nest', () => {
    expect(examples.filter(({ title }) => title.startsWith('README.md'))).not.toEqual([]);
    expect(runnable.length).toBeGreaterThanOrEqual(2);
  });
});

describe('an example', () => {
  it('is a block marked ts, with the text block after it when it is run', () => {
    const page = [
      '# Page',
      '```ts',
      'a',
      '```',
      '```sh',
      'b',
      '```',
      '```ts run',
      'c',
      '```',
      'It prints:',
      '```text',
      'd',
      '```',
    ];
    expect(examplesIn('page.md', page.join('\n'))).toEqual([
      { title: 'page.md:2', code: 'a\n', isRun: false, prints: undefined },
      { title: 'page.md:8', code: 'c\n', isRun: true, prints: 'd\n' },
    ]);
  });
});

describe('the table of rules', () => {
  it('has every reason that a decision can have', () => {
    const [, table] = /^(\| # \|.*?)\n\n/ms.exec(pageText('routing.md'))!;
    const documented = [...table!.matchAll(/`([a-z-]+)` \|$/gm)].map(([, reason]) => reason);
    expect(documented.toSorted()).toEqual(reasonsInSource().toSorted());
  });
});
