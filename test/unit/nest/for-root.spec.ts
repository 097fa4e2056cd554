import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../../src/errors.js';
import { Test } from '@nestjs/testing';
import { DatabaseRoutingModule } from '../../../src/nest/database-routing.module.js';

const nothing = undefined as unknown as Parameters<typeof DatabaseRoutingModule.forRoot>[0];

describe('without options', () => {
  it('forRoot() says so', () => {
    expect(() => DatabaseRoutingModule.forRoot(nothing)).toThrow(InvalidOptionsError);
    expect(() => DatabaseRoutingModule.forRoot(nothing)).toThrow(
      'What forRoot() is given must be an object, got undefined',
    );
  });

  it('forRootAsync() says so', () => {
    const async = nothing as unknown as Parameters<typeof DatabaseRoutingModule.forRootAsync>[0];
    expect(() => DatabaseRoutingModule.forRootAsync(async)).toThrow(
      'What forRootAsync() is given must be an object, got undefined',
    );
  });

  it('a factory that returns nothing is told at boot', async () => {
    const module = DatabaseRoutingModule.forRootAsync({ useFactory: () => nothing });
    await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toThrow(
      'The options must be an object, got undefined',
    );
  });

  it('a name that is no text is told at boot', async () => {
    const options = { client: 'pg', master: { connection: 'postgres://x' }, name: 5 as unknown as string };
    const module = DatabaseRoutingModule.forRoot(options);
    await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toThrow(
      'name must be a text, got 5',
    );
  });
});
