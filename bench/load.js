// Sends `count` requests to a server of this machine, a few at a time over kept connections, and ends.
import { Agent, get } from 'node:http';

const [url, count] = process.argv.slice(2);
const CONNECTIONS = 8;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

let left = Number(count);

function one() {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
}

async function client() {
  while (left-- > 0) await one();
}

await Promise.all(Array.from({ length: CONNECTIONS }, client));
agent.destroy();
process.exit(0);
