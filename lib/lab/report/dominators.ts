/**
 * What keeps memory: the dominator trees of heap dumps, drawn from above. Each box is as wide as what it keeps, and stands
 * below the box without which it would be garbage. What of a box has nothing below it are its objects' own bytes.
 *
 * Written without a script, as nested elements whose widths are shares; a table beside has the same for those who read.
 */
import type { DominatorBox, RunDominators } from '../record/lines.ts';
import { formatBytes, formatNumber, formatShare } from './client/format.ts';
import { type Html, html } from './html.ts';

/** Boxes below so many percent of the width have no words. */
const leastWithWords = 7;
const tableRows = 16;
/** The share of the largest moment below which another is left out. */
const leastMoment = 0.01;

function nameOf({ size, pointers, count, lists }: DominatorBox): string {
  const many = count === 1 ? '' : `${formatNumber(count)} × `;
  if (size === undefined) return `${many || '1 × '}others`;
  const holds =
    pointers === 0
      ? 'no pointers'
      : `${formatNumber(pointers ?? 0)} ${pointers === 1 ? 'pointer' : 'pointers'}`;
  const list = lists === undefined ? '' : lists === 1 ? ', in a list' : `, in ${formatNumber(lists)} lists`;
  return `${many}${formatBytes(size)}${list}, ${holds}`;
}

function box(node: DominatorBox, of: number, share: number, total: number, depth: number): Html {
  const width = (100 * node.kept) / of;
  const whole = share * (width / 100);
  const name = nameOf(node);
  const words = `${name}: keep${node.count === 1 ? 's' : ''} ${formatBytes(node.kept)}, ${formatShare(node.kept, total)}; own ${formatBytes(node.own)}`;
  return html`<div class="kept" style="width:${width.toFixed(3)}%">
    <div class="kept-box kept-${String(depth % 4)}" title="${words}">${whole >= leastWithWords ? name : ''}</div>
    <div class="kept-row">${node.children.map((child) => box(child, node.kept, whole, total, depth + 1))}</div>
  </div>`;
}

function rowsOf(nodes: readonly DominatorBox[], depth: number): { node: DominatorBox; depth: number }[] {
  return nodes.flatMap((node) => [{ node, depth }, ...rowsOf(node.children, depth + 1)]);
}

function oneMoment({ label, objects, bytes, garbage, tree }: RunDominators, isFirst: boolean): Html {
  const rows = rowsOf(tree, 0)
    .sort((a, b) => b.node.kept - a.node.kept || a.depth - b.depth)
    .slice(0, tableRows);
  const lost = garbage > 0 ? ` ${formatBytes(garbage)} more can be reached from nowhere.` : '';
  return html`<details ${isFirst ? 'open' : ''}><summary>${label}: ${formatBytes(bytes)} in ${formatNumber(objects)} ${objects === 1 ? 'object' : 'objects'}</summary>
    ${lost === '' ? '' : html`<p class="meta">${lost.trim()}</p>`}
    <div class="kept-row kept-all">${tree.map((node) => box(node, bytes, 100, bytes, 0))}</div>
    <div class="scroller kept-table"><table><thead><tr><th>Objects</th><th class="num">Level</th><th class="num">Keep</th><th class="num">Share</th><th class="num">Own</th></tr></thead>
    <tbody>${rows.map(
      ({ node, depth }) =>
        html`<tr><td>${nameOf(node)}</td><td class="num">${String(depth + 1)}</td><td class="num">${formatBytes(node.kept)}</td><td class="num">${formatShare(node.kept, bytes)}</td><td class="num">${formatBytes(node.own)}</td></tr>`,
    )}</tbody></table></div>
  </details>`;
}

/** The section; nothing where no dump was taken. */
export function dominatorsSection(dominators: readonly RunDominators[]): Html {
  if (dominators.length === 0) return html``;
  const largest = dominators.reduce((best, d) => (d.bytes > best.bytes ? d : best));
  const shown = dominators.filter(({ bytes }) => bytes > 0 && bytes >= leastMoment * largest.bytes);
  if (shown.length === 0) return html``;
  return html`<section aria-labelledby="h-kept">
    <h2 id="h-kept">What keeps memory</h2>
    <p class="lead">Dominators of the heap dumps. A box is as wide as what would be garbage without it, and stands below the
      box that keeps it; a list is one box, and so are many objects of one size and
      with the same pointers. Moments at which the heap was all but empty are left out.</p>
    ${shown.map((d) => oneMoment(d, d === largest))}
  </section>`;
}

export const dominatorStyle = `
.kept-row{display:flex;width:100%;min-width:0}
.kept-all{margin:.5rem 0 1rem;overflow:hidden}
.kept{min-width:0;flex:none;overflow:hidden}
.kept-box{height:1.6rem;line-height:1.6rem;font-size:.75rem;padding:0 .3rem;margin:0 1px 1px 0;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;border-radius:2px;color:#10222e;box-sizing:border-box}
.kept-table :is(td,th):first-child{text-align:left}
details + details{margin-top:.4rem}
@media (max-width:560px){.kept-table :is(td,th):is(:nth-child(2),:nth-child(5)){display:none}.kept-table td:first-child{white-space:normal}}
.kept-0{background:#8ecae6}.kept-1{background:#ffd166}.kept-2{background:#a7d8a0}.kept-3{background:#f4b6a6}
`;
