/**
 * The stack of what a class of the user's threw. The sentence names the place already; who wants the way there sets PAGEHEAP_DEBUG.
 */
import { PageHeapError } from '../base/errors.ts';
import { placesOfError } from '../base/places.ts';
import { plain, type Terminal } from './terminal.ts';

/** The variable, for help. */
export const debugVariable = 'PAGEHEAP_DEBUG';

/** Whether the user's own class threw. */
const isOfPart = ({ code }: PageHeapError): boolean => code === 'ERR_PAGE_HEAP' || code === 'ERR_POLICY';

/** Where a page heap of the user's threw, ` (file:line:column)`; what a policy threw has its place in the sentence. */
export function foreignPlace(error: PageHeapError): string {
  if (error.code !== 'ERR_PAGE_HEAP' || !(error.cause instanceof Error)) return '';
  const [place] = placesOfError(error.cause);
  return place === undefined || error.message.includes(place) ? '' : ` (${place})`;
}

/** Notes the stack where it is asked for. A terminal is not to obey what a class throws. */
export function noteForeignStack(error: unknown, terminal: Terminal): void {
  const { [debugVariable]: asked = '' } = process.env;
  if (asked === '' || asked === '0') return;
  if (error instanceof PageHeapError && isOfPart(error) && error.cause instanceof Error)
    terminal.note(plain(error.cause.stack ?? ''));
}
