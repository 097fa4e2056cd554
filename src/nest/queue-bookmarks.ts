import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { currentContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { ROUTING } from './tokens.js';

/** What a job of BullMQ is added with, and what this adds to it: bookmarks by the names of sets. */
interface JobOptions {
  readonly repeat?: unknown;
  readonly databaseBookmarks?: Readonly<Record<string, unknown>>;
}

interface BulkJob {
  readonly opts?: JobOptions;
}

interface FlowJob extends BulkJob {
  readonly children?: readonly FlowJob[];
}

/** As much of a queue of BullMQ as is looked at. */
interface Queue {
  add(name: string, data: unknown, opts?: JobOptions): Promise<unknown>;
  addBulk(jobs: readonly BulkJob[]): Promise<unknown>;
}

interface FlowProducer {
  add(flow: FlowJob, opts?: unknown): Promise<unknown>;
  addBulk(flows: readonly FlowJob[]): Promise<unknown>;
}

/** How `@nestjs/bullmq` names its providers; it is not imported, as few apps have it. */
const QUEUE = 'BullQueue_';
const FLOW_PRODUCER = 'BullFlowProducer_';

/** Sends a bookmark along with each job that is added to a queue of `@nestjs/bullmq`, in the job's options: that of the adding context. */
@Injectable()
export class QueueBookmarks implements OnModuleInit {
  constructor(
    @Inject(ROUTING) private readonly routing: DatabaseRouting,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  onModuleInit(): void {
    if (!this.routing.carrier) return;
    const providers = [...this.modules.values()].flatMap((module) => [...module.providers]);
    for (const [token, { instance }] of new Map(providers)) {
      if (typeof token !== 'string' || !instance) continue;
      if (token.startsWith(QUEUE)) this.onQueue(instance as Queue);
      if (token.startsWith(FLOW_PRODUCER)) this.onFlows(instance as FlowProducer);
    }
  }

  private onQueue(queue: Queue): void {
    const [add, addBulk] = [queue.add.bind(queue), queue.addBulk.bind(queue)];
    queue.add = async (name, data, opts) => add(name, data, withBookmarks(opts, await this.current()));
    queue.addBulk = async (jobs) => {
      const bookmark = await this.current();
      return addBulk(jobs.map((job) => ({ ...job, opts: withBookmarks(job.opts, bookmark) })));
    };
  }

  private onFlows(producer: FlowProducer): void {
    const [add, addBulk] = [producer.add.bind(producer), producer.addBulk.bind(producer)];
    producer.add = async (flow, opts) => add(inFlow(flow, await this.current()), opts);
    producer.addBulk = async (flows) => {
      const bookmark = await this.current();
      return addBulk(flows.map((flow) => inFlow(flow, bookmark)));
    };
  }

  /** How far the adding context has seen, by set. */
  private async current(): Promise<Readonly<Record<string, string>>> {
    const { name, carrier } = this.routing;
    const context = currentContext(name);
    if (context.kind === 'none') return {};
    const bookmark = carrier?.isByTime ? carrier.tell(context) : await this.routing.bookmark();
    return bookmark === undefined ? {} : { [name]: bookmark };
  }
}

/** The bookmark that was sent along with a job, for one set; undefined where there is none, or it is no job of a queue. */
export function bookmarkOfJob(set: string, job: unknown): string | undefined {
  const bookmark = (job as BulkJob | null | undefined)?.opts?.databaseBookmarks?.[set];
  return typeof bookmark === 'string' ? bookmark : undefined;
}

/** A job that is repeated belongs to nobody. */
function withBookmarks(
  opts: JobOptions | undefined,
  bookmarks: Readonly<Record<string, string>>,
): JobOptions {
  if (Object.keys(bookmarks).length === 0 || opts?.repeat) return opts ?? {};
  return { ...opts, databaseBookmarks: { ...opts?.databaseBookmarks, ...bookmarks } };
}

function inFlow(flow: FlowJob, bookmarks: Readonly<Record<string, string>>): FlowJob {
  const { children } = flow;
  return {
    ...flow,
    opts: withBookmarks(flow.opts, bookmarks),
    ...(children && { children: children.map((child) => inFlow(child, bookmarks)) }),
  };
}
