import { answer } from './stub-answers.js';

/** What libraries ask when they connect. */
const SERVER = {
  version: 'PostgreSQL 18.0',
  server_version: '18.0',
  current_schema: 'public',
  current_database: 'stub',
};

const answers = new Map();

/** Libraries want their columns by the names that they gave them, and some want arrays. */
function rowsFor(text, rowMode) {
  const own = answer(text, true);
  if (Array.isArray(own)) return own;
  if (/^\s*(show|select version|select \* from current_schema)/i.test(text))
    return { rows: [SERVER], rowCount: 1 };
  if (/pg_type|^\s*set /i.test(text)) return { rows: [], rowCount: 0 };
  const [row = {}] = own.rows;
  const named = Object.fromEntries(
    [...text.matchAll(/"(\w+)" AS "(\w+)"/g)].map(([, column, alias]) => [alias, row[column]]),
  );
  if (rowMode !== 'array') return { ...own, rows: [{ ...row, ...named }] };
  return { ...own, rows: [[row.id, row.version, row.port]] };
}

function answerOf(text, rowMode, isSlave) {
  if (text.includes('pg_') && !text.includes('posts')) return answer(text, isSlave);
  const key = rowMode ? `${rowMode} ${text}` : text;
  if (!answers.has(key)) answers.set(key, rowsFor(text, rowMode));
  return answers.get(key);
}

/** Makes a copy of the driver `pg` answer at once, without any server: the same for every library that uses it. */
export function stubPg({ Client }) {
  Client.prototype.connect = function connect(done) {
    this._connected = true;
    if (!done) return Promise.resolve(this);
    return process.nextTick(done, null, this);
  };
  // pools call these, and a socket that never connects would collect them
  Client.prototype.ref = Client.prototype.unref = () => {};
  Client.prototype.end = function end(done) {
    if (!done) return Promise.resolve();
    return process.nextTick(done);
  };
  Client.prototype.query = function query(config, values, done) {
    const callback = typeof values === 'function' ? values : (done ?? config.callback);
    const text = typeof config === 'string' ? config : config.text;
    const result = answerOf(text, config.rowMode, this.host !== 'master');
    if (!callback) return Promise.resolve(result);
    return process.nextTick(callback, null, result);
  };
}
