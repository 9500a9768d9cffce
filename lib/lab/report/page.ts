/**
 * The shell of a page: one HTML file that asks nothing of any network.
 *
 * Everything is inside the file: the style, the chart library (uPlot, with its licence line), the page's own
 * program and the data as JSON. The content security policy allows exactly these scripts, by their hashes,
 * and no request of any kind; so a name in a run file can neither run as a program nor load anything.
 *
 * Not here: what stands in the page (render.ts, comparison.ts).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type ClientEntry, clientProgram } from './client-bundle.ts';
import { type Html, html, raw, scriptJson, scriptText } from './html.ts';
import { sectionLinks } from './section-links.ts';
import { reportStyle } from './style.ts';
import { tableStyle } from './table-style.ts';
import { toolStyle } from './tool-style.ts';

const require = createRequire(import.meta.url);

function chartLibrary(file: string): string {
  return readFileSync(require.resolve(`uplot/dist/${file}`), 'utf8');
}

function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  /** The page's own program; without one it is text and pictures alone. */
  readonly entry?: ClientEntry;
  /** Style beside the report's own. */
  readonly style?: string;
  readonly body: Html;
  /** What the page's program reads, from the element `run-data`. */
  readonly payload?: unknown;
  /** It asks the server that it comes from, and nobody else. Default: it asks nobody. */
  readonly asksItsServer?: true;
  /** What the link to the top of the page is called. Default: Summary. */
  readonly top?: string;
}

const scriptsOf = (entry: ClientEntry | undefined): string[] =>
  entry === undefined ? [] : [chartLibrary('uPlot.iife.min.js'), clientProgram(entry)].map(scriptText);

/** The content security policy of a page. */
export function policyOf({ entry, asksItsServer }: Pick<PageParts, 'entry' | 'asksItsServer'>): string {
  const connect = asksItsServer === true ? " connect-src 'self';" : '';
  const scripts = scriptsOf(entry);
  const hashes = scripts.length === 0 ? "'none'" : scripts.map(sourceHash).join(' ');
  return `default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:;${connect} style-src 'unsafe-inline'; script-src ${hashes}`;
}

/** The file's text, UTF-8. */
export function renderPage(parts: PageParts): string {
  const { title, entry, style = '', top = 'Summary', body, payload } = parts;
  const scripts = scriptsOf(entry);
  const policy = policyOf(parts);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
${entry === undefined ? html`` : html`<style>${raw(chartLibrary('uPlot.min.css'))}</style>`}
<style>${raw(reportStyle + tableStyle + toolStyle + style)}</style>
</head>
<body id="top">
${sectionLinks(body, top)}
${body}
${entry === undefined ? html`` : html`<script type="application/json" id="run-data">${raw(scriptJson(payload))}</script>`}
${scripts.map((script) => raw(`<script>${script}</script>\n`))}</body>
</html>
`;
  return page.html;
}
