import type {
  ConsistencyClient,
  ConsistencyDriver,
  ListReading,
  RegisterReading,
  Written,
} from '../../../src/testing/index.js';
import { CookieJar } from '../../../src/testing/consistency/cookie-jar.js';

/** What the operations ask for of a register or list, as far as each does. */
interface Register {
  readonly written: number;
  readonly reading: RegisterReading;
  readonly values: readonly string[];
}

interface Answer {
  readonly data?: Readonly<Record<string, Register>> | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** Clients of `graphqlApp`, each with a cookie jar of its own. */
export function graphqlDriver(url: string): ConsistencyDriver {
  return { client: () => new GraphqlClient(`${url}/graphql`) };
}

class GraphqlClient implements ConsistencyClient {
  private readonly cookies = new CookieJar();

  constructor(private readonly url: string) {}

  async write(key: string, value: string): Promise<Written> {
    const { register, engine } = await this.ask('mutation', 'write', { key, value }, 'written');
    return { version: register.written, engine };
  }

  async append(key: string, value: string): Promise<Written> {
    const { register, engine } = await this.ask('mutation', 'append', { key, value }, 'written');
    return { version: register.written, engine };
  }

  async read(key: string): Promise<RegisterReading> {
    const { register, engine } = await this.ask('query', 'register', { key }, 'reading { version value }');
    return { ...register.reading, engine };
  }

  async readList(key: string): Promise<ListReading> {
    const { register, engine } = await this.ask('query', 'register', { key }, 'values');
    return { values: register.values, engine };
  }

  async writeAndRead(key: string, value: string): Promise<{ written: Written; reading: RegisterReading }> {
    const fields = 'written reading { version value }';
    const { register, engine } = await this.ask('mutation', 'write', { key, value }, fields);
    return { written: { version: register.written, engine }, reading: { ...register.reading, engine } };
  }

  private async ask(
    kind: 'query' | 'mutation',
    field: string,
    args: Readonly<Record<string, string>>,
    fields: string,
  ): Promise<{ register: Register; engine: string | undefined }> {
    const given = Object.entries(args).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    const query = `${kind} { ${field}(${given.join(', ')}) { ${fields} } }`;
    const cookie = this.cookies.header('/graphql');
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
      body: JSON.stringify({ query }),
    });
    this.cookies.store(response.headers.getSetCookie());
    const { data, errors } = (await response.json()) as Answer;
    const register = data?.[field];
    if (!register) throw new Error(errors?.[0]?.message ?? `status ${response.status}`);
    const engine = response.headers.get('database-engine')?.split(',').at(-1)?.split(';')[0]?.trim();
    return { register, engine };
  }
}
