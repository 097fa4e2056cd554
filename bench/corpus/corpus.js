import { readFileSync } from 'node:fs';

const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8').trim();

/** Statements as apps send them, one a line, over the tables of `SCHEMA`: some 245 that only read, and 60 that do more. */
export const SCHEMA = read('schema.sql');
export const READS = read('reads.sql').split('\n');
export const WRITES = read('writes.sql').split('\n');
