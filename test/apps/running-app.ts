import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

export const HTTP_ADAPTERS: readonly [name: string, create: () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
  /** The `Database-Engine` header, null where there is none. */
  readonly engines: string | null;
  readonly headers: Headers;
}

/** An app that listens, and a client of it. */
export class RunningApp {
  constructor(
    readonly app: INestApplication,
    readonly url: string,
  ) {}

  get(path: string, init: RequestInit = {}): Promise<Answer> {
    return this.ask(path, init);
  }

  post(path: string, body: object = {}): Promise<Answer> {
    return this.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  close(): Promise<void> {
    return this.app.close();
  }

  private async ask(path: string, init: RequestInit): Promise<Answer> {
    const { status, headers, text } = await fetch(`${this.url}${path}`, { redirect: 'manual', ...init }).then(
      async (response) => ({
        status: response.status,
        headers: response.headers,
        text: await response.text(),
      }),
    );
    return { status, headers, engines: headers.get('database-engine'), body: parsed(text) };
  }
}

const SILENT: LoggerService = { log() {}, warn() {}, error() {} };

/** What an app is made of, and what is done to it before it listens. */
export interface AppParts extends ModuleMetadata {
  readonly prepare?: (app: INestApplication) => unknown;
  readonly logger?: LoggerService;
}

export async function startApp(
  createAdapter: () => AbstractHttpAdapter,
  { prepare, logger = SILENT, ...metadata }: AppParts,
): Promise<RunningApp> {
  const module = await Test.createTestingModule(metadata).setLogger(logger).compile();
  const app = module.createNestApplication(createAdapter(), { logger });
  await prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return new RunningApp(app, await app.getUrl());
}

/** Boots without listening and closes again; for what must fail before that. */
export async function bootWith(metadata: ModuleMetadata): Promise<void> {
  const module = await Test.createTestingModule(metadata).setLogger(SILENT).compile();
  const app = module.createNestApplication(new ExpressAdapter(), { logger: SILENT });
  await app.init();
  await app.close();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
