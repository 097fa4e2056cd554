import { randomBytes } from 'node:crypto';
import type { Subject } from './subject.js';

/** What a client does next. */
export type Step =
  | { readonly kind: 'write' | 'read' | 'append' | 'readList'; readonly subject: Subject }
  | { readonly kind: 'writeAndRead'; readonly subject: Subject }
  | { readonly kind: 'readAll'; readonly subjects: readonly Subject[] };

export interface WorkloadOptions {
  readonly writeShare: number;
  readonly registers: number;
  readonly lists: number;
  readonly random: () => number;
}

/** How long a list grows, so that reading it stays cheap. */
const ITEMS_PER_LIST = 40;
/** How often a read goes back to what the client has written last, or reads several registers in one context. */
const READS_OF_OWN = 0.3;
const READS_OF_SEVERAL = 0.15;
const READ_IN_SAME_CONTEXT = 0.2;

/** The registers and lists of one check, and what its clients do with them. Names and values are of this check only. */
export class Workload {
  private readonly run = randomBytes(4).toString('hex');
  private readonly registers: readonly Subject[];
  private readonly lists: Subject[];
  private readonly lastWritten = new Map<number, Subject>();
  private numbered = 0;

  constructor(private readonly options: WorkloadOptions) {
    this.registers = Array.from({ length: options.registers }, () => this.subject('register'));
    this.lists = Array.from({ length: options.lists }, () => this.subject('list'));
  }

  /** Never the same twice. */
  value(): string {
    return `${this.run}-${this.numbered++}`;
  }

  next(client: number): Step {
    return this.chance(this.options.writeShare) ? this.nextWrite(client) : this.nextRead(client);
  }

  /** Lets a list of that length give way to a fresh one; false where it may still grow. */
  replaceFull(list: Subject, length: number): boolean {
    const at = this.lists.indexOf(list);
    if (at < 0 || length < ITEMS_PER_LIST) return false;
    this.lists[at] = this.subject('list');
    return true;
  }

  private nextWrite(client: number): Step {
    const subject = this.anySubject();
    this.lastWritten.set(client, subject);
    if (subject.kind === 'list') return { kind: 'append', subject };
    return { kind: this.chance(READ_IN_SAME_CONTEXT) ? 'writeAndRead' : 'write', subject };
  }

  private nextRead(client: number): Step {
    if (this.registers.length > 1 && this.chance(READS_OF_SEVERAL)) return this.readSeveral();
    const own = this.lastWritten.get(client);
    const subject = own && !own.retired && this.chance(READS_OF_OWN) ? own : this.anySubject();
    return { kind: subject.kind === 'list' ? 'readList' : 'read', subject };
  }

  /** Neighbours from anywhere on: no register comes twice. */
  private readSeveral(): Step {
    const first = this.below(this.registers.length);
    const count = Math.min(2 + this.below(3), this.registers.length);
    const subjects = [...this.registers, ...this.registers].slice(first, first + count);
    return { kind: 'readAll', subjects };
  }

  private anySubject(): Subject {
    const index = this.below(this.registers.length + this.lists.length);
    const subject = this.registers[index] ?? this.lists[index - this.registers.length];
    if (!subject) throw new RangeError('random() must give numbers from 0 to below 1; pass another one');
    return subject;
  }

  private subject(kind: Subject['kind']): Subject {
    return { kind, name: `${kind}-${this.value()}`, retired: false };
  }

  private chance(share: number): boolean {
    return this.options.random() < share;
  }

  private below(count: number): number {
    return Math.floor(this.options.random() * count);
  }
}
