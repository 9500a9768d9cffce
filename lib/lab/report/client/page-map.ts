/// <reference lib="dom" />
/**
 * The page map of a run: belief, the kernel's residency and where they disagree, side by side for one moment.
 *
 * Three sheets (page-sheet.ts) show the same pages in the same places. A lens below shows the 64 pages around
 * the pointer one by one, belief above and kernel beneath. All moments of a report share one layout, so the pages stay
 * where they are while the slider moves; on the live page it grows with the heap.
 */

import type { PackedMap } from '../page-pairs.ts';
import { byId, canvasDensity, colour, make, onAppearance, onWidth, paperWidth, sizeCanvas } from './dom.ts';
import { MomentPages, PageOrder } from './moment-pages.ts';
import { absentPage, beliefView, kernelView, pageViews, pageWords, verdictOf } from './page-colours.ts';
import { type Fit, fitLayout } from './page-layout.ts';
import { cellWords, heapPageBytes, mapWidth, PageSheet, viewKey } from './page-sheet.ts';

const lensPages = 64;
const tallest = 420;

/** The pages of one moment. */
export interface ShownPages {
  readonly order: PageOrder;
  /** A byte each, in order. */
  readonly pages: Uint8Array;
  /** The address of page 0; 0 where that is not known. */
  readonly origin: number;
}

export class PageMapView {
  readonly #sheets: readonly PageSheet[];
  readonly #lens = make('canvas', { 'aria-hidden': 'true' });
  #shown: ShownPages | undefined;
  #fit: Fit | undefined;
  #page = -1;

  constructor() {
    const host = byId('page-maps');
    this.#sheets = pageViews.map((view) => new PageSheet(view, view.caption, (p) => this.#point(p)));
    for (const { view, frame } of this.#sheets) {
      host.append(make('figure', {}, make('figcaption', {}, view.caption), frame, viewKey(view)));
    }
    byId('lens').append(this.#lens);
    onWidth(host, () => this.#resize());
    onAppearance((printing) => this.#resize(printing));
  }

  show(shown: ShownPages): void {
    const isOther = shown.order !== this.#shown?.order;
    this.#shown = shown;
    if (isOther) this.#resize();
    else this.#draw();
  }

  #pairOf(page: number): number {
    const index = this.#shown?.order.indexOf(page) ?? -1;
    return index < 0 ? absentPage : (this.#shown?.pages[index] ?? absentPage);
  }

  #resize(printing = false): void {
    const width = mapWidth(printing ? paperWidth : this.#sheets[0].frame.clientWidth);
    if (width > 0 && this.#shown !== undefined) {
      this.#fit = fitLayout(this.#shown.order.ranges, width, tallest * canvasDensity());
      this.#draw();
    }
  }

  #draw(): void {
    const fit = this.#fit;
    if (this.#shown === undefined || fit === undefined) {
      return;
    }
    const { order, pages } = this.#shown;
    for (const sheet of this.#sheets) {
      sheet.draw(fit, order, pages);
    }
    byId('map-scale').textContent = cellWords(fit);
    this.#point(this.#page < 0 ? this.#firstOfInterest(this.#shown) : this.#page);
  }

  /** The first page where belief and kernel disagree, or the first of all. */
  #firstOfInterest({ order, pages }: ShownPages): number {
    return order.pageAt(pages.findIndex((pair) => pair !== absentPage && verdictOf(pair) !== 0));
  }

  /** Marks a page in every map, draws the lens around it and says what it is. */
  #point(page: number): void {
    if (this.#fit === undefined || this.#shown === undefined || this.#shown.order.indexOf(page) < 0) {
      return;
    }
    this.#page = page;
    for (const sheet of this.#sheets) {
      sheet.point(page);
    }
    const { origin } = this.#shown;
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

/** The page maps of a report: its moments, one of which is shown. */
export class PageMaps {
  readonly #maps: readonly PackedMap[];
  readonly #order: PageOrder;
  readonly #moments: MomentPages;
  readonly #view = new PageMapView();
  #wanted = -1;

  constructor(maps: readonly PackedMap[]) {
    this.#maps = maps;
    this.#order = new PageOrder(maps.map((map) => map.ranges));
    this.#moments = new MomentPages(maps, this.#order);
  }

  /** Shows a moment, when its bytes are there and no other was asked for meanwhile. */
  async show(moment: number): Promise<void> {
    this.#wanted = moment;
    const pages = await this.#moments.load(moment);
    if (this.#wanted !== moment) return;
    this.#view.show({ order: this.#order, pages, origin: this.#maps[moment].origin });
    byId('page-maps').dataset.shown = String(moment);
  }
}
