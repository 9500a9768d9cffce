/**
 * Page traces as text: small, to be written by hand and read by people.
 *
 *     pages 1          the first line: the format and its version
 *     a 7 16           16 pages for number 7
 *     a 8 4 = 96       the same; in the record they were at page 96
 *     f 7              number 7 is freed
 *     r 32             32 pages are given back
 *     t 1.5            it is 1.5 seconds since the beginning
 *
 * Empty lines and what follows a # are passed over. A number may be used again when it is free. Without times the
 * operations are a millisecond apart.
 *
 * Not here: the binary format, and what a replay is given (page-events.ts); where pages are put, which is a page heap's business.
 */
import { utf8Text } from '../../base/utf8.ts';
import { traceError } from './grammar.ts';

export type PageOp =
  | { readonly k: 'alloc'; readonly id: number; readonly pages: number; readonly at?: number }
  | { readonly k: 'free'; readonly id: number }
  | { readonly k: 'release'; readonly pages: number }
  | { readonly k: 'time'; readonly seconds: number };

const firstLine = /^pages 1\s*(?:#.*)?$/;
const mostPages = 2 ** 27;
const mostIds = 2 ** 31;
const mostSeconds = 1e9;

/** Whether bytes begin as such a trace does. */
export function beginsAsPageText(head: Uint8Array): boolean {
  const [line = ''] = utf8Text(head.subarray(0, 256)).split(/\r?\n/, 1);
  return firstLine.test(line);
}

/** @throws PageHeapError ERR_TRACE, with the line */
export function parsePageText(text: string, file: string): PageOp[] {
  const ops: PageOp[] = [];
  const live = new Set<number>();
  let seconds = 0;
  const lines = text.split(/\r?\n/);
  if (!firstLine.test(lines[0] ?? ''))
    traceError(file, 1, 'a page trace as text begins with the line: pages 1');
  lines.forEach((line, i) => {
    if (i === 0) return;
    const words = line.replace(/#.*$/, '').trim();
    if (words === '') return;
    const wrong = (why: string): never =>
      traceError(file, i + 1, `${why}: ${JSON.stringify(words.slice(0, 60))}`);
    const whole = (digits: string | undefined, least: number, most: number, what: string): number => {
      const n = /^\d+$/.test(digits ?? '') ? Number(digits) : Number.NaN;
      return n >= least && n <= most ? n : wrong(`${what} is a whole number from ${least} to ${most}`);
    };
    const [k, first, second, equals, at, ...more] = words.split(/\s+/);
    const end = (...rest: (string | undefined)[]): void => {
      if (rest.some((word) => word !== undefined) || more.length > 0) wrong('more than the line can hold');
    };
    switch (k) {
      case 'a': {
        const id = whole(first, 0, mostIds, 'the number of an allocation');
        const pages = whole(second, 1, mostPages, 'its pages');
        if (equals !== undefined && equals !== '=') wrong('more than the line can hold');
        if (live.has(id)) wrong(`number ${id} is allocated already`);
        live.add(id);
        const place = equals === undefined ? {} : { at: whole(at, 0, mostPages, 'its first page') };
        end();
        ops.push({ k: 'alloc', id, pages, ...place });
        break;
      }
      case 'f': {
        const id = whole(first, 0, mostIds, 'the number of an allocation');
        if (!live.delete(id)) wrong(`number ${id} is not allocated`);
        end(second, equals, at);
        ops.push({ k: 'free', id });
        break;
      }
      case 'r':
        end(second, equals, at);
        ops.push({ k: 'release', pages: whole(first, 1, mostPages, 'the pages to give back') });
        break;
      case 't': {
        const next = /^\d+(?:\.\d+)?$/.test(first ?? '') ? Number(first) : Number.NaN;
        if (!(next >= seconds && next <= mostSeconds))
          wrong('a time is in seconds, and none is before the one above');
        end(second, equals, at);
        seconds = next;
        ops.push({ k: 'time', seconds });
        break;
      }
      default:
        wrong('no operation; there are a, f, r and t');
    }
  });
  return ops;
}

/** An operation as it is written, without the place of an allocation. */
export function pageOpText(op: PageOp): string {
  switch (op.k) {
    case 'alloc':
      return `a ${op.id} ${op.pages}`;
    case 'free':
      return `f ${op.id}`;
    case 'release':
      return `r ${op.pages}`;
    default:
      return `t ${op.seconds}`;
  }
}

const placeText = (op: PageOp): string => (op.k === 'alloc' && op.at !== undefined ? ` = ${op.at}` : '');

/** As it is written. */
export function formatPageText(ops: readonly PageOp[], comment = ''): string {
  const lines = ops.map((op) => pageOpText(op) + placeText(op));
  const head = comment === '' ? [] : comment.split('\n').map((line) => `# ${line}`);
  return `${['pages 1', ...head, ...lines].join('\n')}\n`;
}
