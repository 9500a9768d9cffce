/**
 * The links to the sections of a page, which stay in sight at its top. They are made of the headings that stand in
 * the page, so that no list of them has to be kept: a section with a heading `<h2 id="…">` is in it.
 */
import { type Html, html, raw } from './html.ts';

const headingPattern = /<h2 id="([\w-]+)">(.*?)<\/h2>/g;

/** Headings by their ids, as HTML. */
function sectionHeadings(body: Html): { readonly id: string; readonly title: Html }[] {
  return [...body.html.matchAll(headingPattern)].map(([, id, title]) => ({ id, title: raw(title) }));
}

/** @param first what the top of the page is called */
export function sectionLinks(body: Html, first: string): Html {
  const links = sectionHeadings(body).map(({ id, title }) => html`<a href="#${id}">${title}</a>`);
  return html`<nav class="sections" aria-label="Sections"><a href="#top">${first}</a>${links}</nav>`;
}
