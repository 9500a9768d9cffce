/**
 * Text into HTML, safely.
 *
 * `html` is a template tag whose values are escaped unless they came out of `html` (or `raw`)
 * themselves; forgetting to escape is therefore not possible by omission. `scriptJson` writes data for
 * a script element of type application/json, `scriptText` makes program text safe inside a script
 * element: neither can hold a sequence that ends the element.
 */

import { controlsShownInLines } from '../../base/controls.ts';

/** Text whose numbers keep to the word after them: `40 MiB` is not broken over two lines. */
export function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=\S)/g, '\u00a0');
}

/** A part of a name of at most so many characters is kept on one line. */
const shortPart = 12;

/**
 * A name of parts, `radix,advise=free`, that is broken over lines between its parts; a long one after what else
 * is a border within it, and only then within a word.
 */
export function breakable(text: string): Html {
  const parts = text.split(/(?<=[,:] ?|\s)/);
  return html`${parts.map((part) => {
    const pieces = part.length > shortPart ? part.split(/(?<=[=/])/) : [part];
    return html`<span class="part">${pieces.map((piece, i) => (i === 0 ? html`${piece}` : html`<wbr>${piece}`))}</span>`;
  })}`;
}

/** HTML that needs no more escaping. */
export interface Html {
  readonly html: string;
}

type Value = string | number | Html | readonly Html[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute. Control characters, as a name may have, are shown. */
export function escapeHtml(text: string): string {
  return controlsShownInLines(text).replace(/[&<>"']/g, (char) => entities[char]);
}

/** Marks text as HTML already. Only for text of this project's own. */
export function raw(text: string): Html {
  return { html: text };
}

function toHtml(value: Value): string {
  if (typeof value === 'string' || typeof value === 'number') {
    return escapeHtml(String(value));
  }
  return 'html' in value ? value.html : value.map((item) => item.html).join('');
}

/** A template whose values are escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  let text = strings[0];
  for (let i = 0; i < values.length; i++) {
    text += toHtml(values[i]) + strings[i + 1];
  }
  return raw(text);
}

/** JSON for `<script type="application/json">`. Every `<` is escaped, so no tag can begin in it. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

/** JavaScript for `<script>`. In program text these sequences occur only in strings and comments. */
export function scriptText(source: string): string {
  return source.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
}
