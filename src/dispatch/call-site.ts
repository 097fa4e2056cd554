import { here } from '../here.js';

/** Where this package is, sources or built. */
const OWN = pathOf(new URL('.', here).href);

const FRAME = /(?:\(|\bat (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/;

/** More than what Knex and this package put on top of the caller. */
const FRAMES = 50;

/**
 * File, line and column of the app's code that waits for what runs right here, as V8 tells of those who await it;
 * undefined where only libraries do, as for a query that a handler returns. It takes a whole stack trace, so ask only to tell somebody.
 */
export function callSite(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error('where am I?');
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split('\n').map(siteOf).find(isOfApp);
}

function siteOf(frame: string): string | undefined {
  const site = FRAME.exec(frame)?.[1];
  return site && pathOf(site);
}

function isOfApp(site: string | undefined): boolean {
  return site !== undefined && !site.startsWith(OWN) && !site.includes('node_modules');
}

function pathOf(site: string): string {
  return site.replace(/^file:\/\/(?:\/(?=[A-Za-z]:))?/, '');
}
