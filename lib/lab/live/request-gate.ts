/**
 * Who may ask: every request is looked at before anything else is done with it.
 *
 * - The Host must be this machine's own name: a page of another site whose name was made to lead here (DNS rebinding) has
 *   that other name in it. The port may be any: a tunnel has another one.
 * - An Origin, where there is one, must be the page of this very Host; and a browser's own word for where a request comes from
 *   (Sec-Fetch-Site) must not be another site.
 * - What tells of the run, or changes it, wants the token, which stands in the address behind the `#`: a browser sends that to
 *   nobody, and no log has it. It comes in the header Authorization, which no form and no image of another page can set.
 *
 * So neither another site's page nor another user of the machine sees or changes a run.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const ownNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

export const newToken = (): string => randomBytes(24).toString('base64url');

/** `127.0.0.1:4321` without the port; undefined where it is no host. */
function hostName(host: string): string | undefined {
  return /^(\[[\da-f:]+\]|[^:/?#@\s[\]]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
}

/** Why a request is not answered at all; undefined: it is from here. */
export function whyForeign({
  headers,
  headersDistinct,
}: Pick<IncomingMessage, 'headers' | 'headersDistinct'>): string | undefined {
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  const name = hostName(host);
  // Of two hosts nobody knows which one others went by.
  if (name === undefined || !ownNames.has(name) || headersDistinct.host?.length !== 1)
    return 'this server answers to 127.0.0.1 and localhost alone';
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'requests of other pages are not answered';
  // A link somewhere else may lead to the page itself, which tells nothing.
  if (
    site !== undefined &&
    site !== 'same-origin' &&
    site !== 'none' &&
    headers['sec-fetch-mode'] !== 'navigate'
  )
    return 'requests of other sites are not answered';
  return undefined;
}

export function hasToken({ headers }: Pick<IncomingMessage, 'headers'>, token: string): boolean {
  const given = Buffer.from(/^Bearer ([\w-]{1,128})$/.exec(headers.authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
