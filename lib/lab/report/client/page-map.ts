/// <reference lib="dom" />
/**
 * The page map of a run: belief, the kernel's residency and where they disagree, side by side for one moment.
 *
 * Three sheets (page-sheet.ts) show the same pages in the same places. A lens below shows the 64 pages around
 * the pointer one by one, belief above and kernel beneath. All moments share one layout, so the pages stay
 * where they are while the slider moves.
 */

import type { PackedMap } from '../page-maps.ts';
import { byId, canvasDensity, colour, make, onAppearance, onWidth, paperWidth, sizeCanvas } from './dom.ts';
import { MomentPages, PageOrder } from './moment-pages.ts';
import { absentPage, beliefView, kernelView, pageViews, pageWords, verdictOf } from './page-colours.ts';
import { type Fit, fitLayout } from './page-layout.ts';
import { cellWords, heapPageBytes, mapWidth, PageSheet, viewKey } from './page-sheet.ts';

const lensPages = 64;
const tallest = 420;

export class PageMaps {
  readonly #maps: readonly PackedMap[];
  readonly #order: PageOrder;
  readonly #moments: MomentPages;
  readonly #sheets: readonly PageSheet[];
  readonly #lens = make('canvas', { 'aria-hidden': 'true' });
  #wanted = -1;
  #shown = -1;
  #pages: Uint8Array | undefined;
  #fit: Fit | undefined;
  #page = -1;

  constructor(maps: readonly PackedMap[]) {
    this.#maps = maps;
    this.#order = new PageOrder(maps.map((map) => map.ranges));
    this.#moments = new MomentPages(maps, this.#order);
    const host = byId('page-maps');
    this.#sheets = pageViews.map(
      (view) => new PageSheet(view, view.caption, this.#order, (p) => this.#point(p)),
    );
    for (const { view, frame } of this.#sheets) {
      host.append(make('figure', {}, make('figcaption', {}, view.caption), frame, viewKey(view)));
    }
    byId('lens').append(this.#lens);
    onWidth(host, () => this.#resize());
    onAppearance((printing) => this.#resize(printing));
  }

  /** Shows a moment, when its bytes are there and no other was asked for meanwhile. */
  async show(moment: number): Promise<void> {
    this.#wanted = moment;
    const pages = await this.#moments.load(moment);
    if (this.#wanted === moment) {
      this.#shown = moment;
      this.#pages = pages;
      this.#draw();
      byId('page-maps').dataset.shown = String(moment);
    }
  }

  #pairOf(page: number): number {
    const index = this.#order.indexOf(page);
    return index < 0 ? absentPage : (this.#pages?.[index] ?? absentPage);
  }

  #resize(printing = false): void {
    const width = mapWidth(printing ? paperWidth : this.#sheets[0].frame.clientWidth);
    if (width > 0) {
      this.#fit = fitLayout(this.#order.ranges, width, tallest * canvasDensity());
      this.#draw();
    }
  }

  #draw(): void {
    const pages = this.#pages;
    const fit = this.#fit;
    if (pages === undefined || fit === undefined) {
      return;
    }
    for (const sheet of this.#sheets) {
      sheet.draw(fit, pages);
    }
    byId('map-scale').textContent = cellWords(fit);
    this.#point(this.#page < 0 ? this.#firstOfInterest(pages) : this.#page);
  }

  /** The first page where belief and kernel disagree, or the first of all. */
  #firstOfInterest(pages: Uint8Array): number {
    return this.#order.pageAt(pages.findIndex((pair) => pair !== absentPage && verdictOf(pair) !== 0));
  }

  /** Marks a page in every map, draws the lens around it and says what it is. */
  #point(page: number): void {
    if (this.#fit === undefined || this.#order.indexOf(page) < 0) {
      return;
    }
    this.#page = page;
    for (const sheet of this.#sheets) {
      sheet.point(page);
    }
    const origin = this.#maps[Math.max(0, this.#shown)].origin;
    const address = origin > 0 ? ` at 0x${(origin + page * heapPageBytes).toString(16)}` : '';
    byId('page-readout').textContent =
      `Page ${page.toLocaleString('en-US')}${address}: ${pageWords(this.#pairOf(page))}.`;
    this.#drawLens(page);
  }

  #drawLens(page: number): void {
    const width = Math.floor(byId('lens').clientWidth);
    if (width < 64) {
      return;
    }
    const rowHeight = 22;
    const margin = width > 600 ? 56 : 0;
    const context = sizeCanvas(this.#lens, width, 2 * rowHeight + 4);
    const cell = (width - margin) / lensPages;
    const first = page - (page % lensPages);
    const gap = cell > 5 ? 1 : 0.5;
    [beliefView, kernelView].forEach((view, row) => {
      for (let i = 0; i < lensPages; i++) {
        const pair = this.#pairOf(first + i);
        context.fillStyle =
          pair === absentPage ? colour('unmapped') : colour(view.colours[view.classOf(pair)]);
        context.fillRect(margin + i * cell, row * (rowHeight + 2) + 1, cell - gap, rowHeight);
      }
      if (margin > 0) {
        context.font = '12px system-ui, sans-serif';
        context.textBaseline = 'middle';
        context.fillStyle = colour('muted');
        context.fillText(view.name, 0, row * (rowHeight + 2) + rowHeight / 2 + 1);
      }
    });
    context.strokeStyle = colour('text');
    context.lineWidth = 2;
    context.strokeRect(margin + (page - first) * cell - 0.5, 1, cell, 2 * rowHeight + 2);
  }
}
