import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { SrvRecord } from '../../../src/index.js';

const TYPE_A = 1;
const TYPE_SRV = 33;
const NO_SUCH_NAME = 3;
const SERVER_FAILURE = 2;
const HEADER_BYTES = 12;

/** What a name stands for; `'broken'`: the server fails, `'silent'`: it does not answer. */
export type Zone = readonly string[] | readonly SrvRecord[] | 'broken' | 'silent';

/** A name server of its own on 127.0.0.1, for one name, which everybody who asks is told of. */
export class DnsServer {
  static async start(zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket, zone);
  }

  questions = 0;

  private constructor(
    private readonly socket: Socket,
    public zone: Zone,
  ) {
    socket.on('message', (message, from) => this.asked(message, from));
  }

  get address(): string {
    return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private asked(message: Buffer, { port, address }: RemoteInfo): void {
    this.questions++;
    if (this.zone !== 'silent') this.socket.send(answerTo(message, this.zone), port, address);
  }
}

/** RFC 1035, section 4. */
function answerTo(question: Buffer, zone: Exclude<Zone, 'silent'>): Buffer {
  const endOfName = question.indexOf(0, HEADER_BYTES) + 1;
  const asked = question.subarray(HEADER_BYTES, endOfName + 4);
  const type = question.readUInt16BE(endOfName);
  const records = zone === 'broken' ? [] : zone.map((record) => recordOf(record, type));
  const header = Buffer.alloc(HEADER_BYTES);
  question.copy(header, 0, 0, 2);
  const failure = zone === 'broken' ? SERVER_FAILURE : NO_SUCH_NAME;
  header.writeUInt16BE(0x8180 + (records.length > 0 ? 0 : failure), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, asked, ...records]);
}

function recordOf(record: string | SrvRecord, type: number): Buffer {
  const data = typeof record === 'string' ? Buffer.from(record.split('.').map(Number)) : srvData(record);
  if (type !== (typeof record === 'string' ? TYPE_A : TYPE_SRV)) throw new Error(`asked for type ${type}`);
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(0xc000 + HEADER_BYTES, 0); // the name that was asked for
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function srvData({ name, port, priority, weight }: SrvRecord): Buffer {
  const numbers = Buffer.alloc(6);
  for (const [index, value] of [priority, weight, port].entries()) numbers.writeUInt16BE(value, index * 2);
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([numbers, ...labels, Buffer.from([0])]);
}
