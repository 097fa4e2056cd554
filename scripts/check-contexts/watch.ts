import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { currentContext } from '../../src/context/context-storage.js';
import type { Context, ContextKind } from '../../src/context/context.js';
import type { DatabaseRouting } from '../../src/index.js';

/** What one piece of work does, and is allowed to find. */
export interface Task {
  /** Of a request, an operation, a message or a job: another one for each. */
  readonly id: string;
  /** The connection or client whose history may be there; undefined: nobody's may. */
  readonly client?: string;
  readonly role: Role;
}

/** `forced` has `@WithEngine('slave1')`; the others name no engine for the whole of it. */
export const ROLES = ['plain', 'forced', 'scoped', 'writer'] as const;
export type Role = (typeof ROLES)[number];

interface Decided {
  readonly engine: string;
  readonly reason: string;
}

/** Looks at the contexts of work that runs side by side, and tells what does not belong there. */
export class Watch {
  readonly faults: string[] = [];
  /** How much work was looked at, by the transport and the kind of its context. */
  readonly seen: Record<string, number> = {};
  private readonly decided = new AsyncLocalStorage<Decided[]>();
  /** Whose work, and whose history, an object is. */
  private readonly owners = new WeakMap<object, string>();
  private tables = 0;

  constructor(private readonly routing: DatabaseRouting) {
    routing.events.on('decision', ({ engine, reason }) => this.decided.getStore()?.push({ engine, reason }));
  }

  /** Runs the queries of a task, in the context that its transport has opened. */
  async task(transport: string, kind: ContextKind, task: Task): Promise<string> {
    const key = `${transport} (${kind})`;
    this.seen[key] = (this.seen[key] ?? 0) + 1;
    const context = currentContext(this.routing.name);
    this.begins(`${transport}: ${task.role}`, context, kind, task);
    const decided: Decided[] = [];
    await this.decided.run(decided, () => this.work(task));
    this.ended(`${transport}: ${task.role}`, context, task, decided);
    return task.id;
  }

  private async work({ role }: Task): Promise<void> {
    const { knex } = this.routing;
    await turn();
    if (role === 'writer') await knex(`notes_${this.tables++ % 4}`).insert({ text: 'a note' });
    if (role === 'scoped')
      await this.routing.usingEngine('slave2', async () => {
        await turn();
        await knex('posts').first();
      });
    await turn();
    await knex('posts').first();
  }

  private begins(where: string, context: Context, kind: ContextKind, task: Task): void {
    const { work, scope, handler } = context;
    const forced = task.role === 'forced' ? 'slave1' : undefined;
    this.expect(where, 'the kind of context', context.kind, kind);
    this.expect(where, 'whether it is balanced', context.balanced, true);
    this.expect(where, 'the engine of a scope', scope, undefined);
    this.expect(where, 'the engine of a handler', handler?.engine, forced);
    this.expect(where, 'a pin', work.pinned, false);
    if (task.role !== 'writer') this.expect(where, 'a write', work.wrote || work.wroteKnown, false);
    this.expect(where, 'the owner of its work', this.ownerOf(work, task.id), task.id);
    const { seen } = work;
    if (task.client !== undefined)
      this.expect(where, 'history', this.ownerOf(seen, task.client), task.client);
    else
      this.expect(
        where,
        'history',
        `${seen.position} ${seen.unsettled} ${seen.brought}`,
        '0 undefined undefined',
      );
  }

  private ended(where: string, context: Context, { role }: Task, decided: readonly Decided[]): void {
    this.expect(where, 'its work at the end', currentContext(this.routing.name).work === context.work, true);
    const [last, first] = [decided.at(-1), decided[0]];
    const isFree = last?.reason === 'balanced' || last?.reason === 'bookmark';
    if (role === 'plain') this.expect(where, `${last?.engine}, ${last?.reason}`, isFree, true);
    if (role === 'forced')
      this.expect(where, 'the engine', `${last?.engine} ${last?.reason}`, 'slave1 handler');
    if (role === 'scoped') {
      this.expect(where, "the scope's engine", `${first?.engine} ${first?.reason}`, 'slave2 scope');
      this.expect(where, `after the scope ${last?.engine}, ${last?.reason}`, isFree, true);
    }
    if (role === 'writer')
      this.expect(where, 'the write', `${first?.engine} ${first?.reason}`, 'master write');
  }

  /** The first one to come with an object owns it. */
  private ownerOf(object: object, owner: string): string {
    const known = this.owners.get(object);
    if (known === undefined) this.owners.set(object, owner);
    return known ?? owner;
  }

  private expect(where: string, what: string, found: unknown, expected: unknown): void {
    if (found !== expected)
      this.faults.push(`${where}: ${what} is ${String(found)}, not ${String(expected)}`);
  }
}
