// Sends `count` requests to a server of this machine, a few at a time over kept connections, and ends. Each connection is
// a client that keeps its cookies. By hand, since a client that is slower than the server would let it wait: what it costs
// to wake somebody up would be part of the figures then, and only of the fast ones not.
import { connect } from 'node:net';

const [url, count] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(url);
const CONNECTIONS = 16;
const HEAD = /HTTP\/1\.1 (\d+)/g;
const SET_COOKIE = /^set-cookie: ([^=]+)=([^;]*)(.*)$/gim;

let left = Number(count);

function client() {
  const socket = connect(Number(port), hostname).setNoDelay();
  const cookies = new Map();
  let unread = '';

  function send() {
    if (left-- <= 0) return socket.end();
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = cookie && `Cookie: ${cookie}\r\n`;
    return socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${sent}\r\n`);
  }

  function keep([, name, value, attributes]) {
    if (/max-age=0/i.test(attributes)) cookies.delete(name);
    else cookies.set(name, value);
  }

  return new Promise((resolve, reject) => {
    socket.once('connect', send).once('error', reject).once('close', resolve);
    socket.setEncoding('latin1').on('data', (text) => {
      unread += text;
      const end = unread.indexOf('\r\n\r\n');
      if (end < 0 || unread.length < end + 4 + bodyLength(unread)) return;
      for (const [, status] of unread.matchAll(HEAD)) if (status !== '200') throw new Error(`HTTP ${status}`);
      for (const found of unread.matchAll(SET_COOKIE)) keep(found);
      unread = '';
      send();
    });
  });
}

function bodyLength(text) {
  const found = /^content-length: (\d+)/im.exec(text);
  if (!found) throw new Error(`a response without a length: ${text}`);
  return Number(found[1]);
}

await Promise.all(Array.from({ length: CONNECTIONS }, client));
process.exit(0);
