import type { Context } from '../context/context.js';
import { NoContextError } from '../errors.js';
import type { Choice, RoutingRules } from './choose.js';

/** What a read is refused with that belongs to no request, message or job; undefined where there is one, or it may run without. */
export function refusedWithout(
  { reason }: Choice,
  { kind }: Context,
  { refusesNoContext }: RoutingRules,
): NoContextError | undefined {
  return refusesNoContext && reason === 'no-context' && kind === 'none' ? new NoContextError() : undefined;
}
