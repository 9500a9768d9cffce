/// <reference lib="dom" />
/**
 * The page map: belief, the kernel's residency and where they disagree, side by side for one moment.
 *
 * Three canvases show the same pages in the same places, one cell a page of 8 KiB, in address order
 * from left to right and top to bottom. A lens below shows the 64 pages around the pointer one by
 * one, belief above and kernel beneath. All moments share one layout (page-layout.ts), so the pages
 * stay where they are while the slider moves.
 *
 * Keyboard, when a map has the focus: the arrows move by a page or a row, Home and End to the ends.
 */

import type { PackedMap } from '../page-maps.ts';
import { byId, colour, make, onAppearance, onWidth, rgb, sizeCanvas } from './dom.ts';
import { formatTick } from './format.ts';
import {
  absentPage,
  beliefLook,
  kernelLook,
  type Look,
  looks,
  pageWords,
  verdictOf,
} from './page-colours.ts';
import { type Fit, fitLayout, pageAt, placeOf, type Ranges, uniteRanges } from './page-layout.ts';

const heapPageBytes = 8192;
const pagesInArena = 8192;
const lensPages = 64;
const tallest = 420;
/** Room for the labels on the left of a map, in CSS pixels. */
const ruler = 46;

interface View {
  readonly look: Look;
  readonly canvas: HTMLCanvasElement;
  readonly mark: HTMLElement;
}

/** The bytes of a moment. */
async function inflate(data: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function legendOf(look: Look): HTMLElement {
  const list = make('ul', { class: 'key' });
  look.words.forEach((word, i) => {
    if (word !== 'unknown') {
      const swatch = make('span', { class: 'swatch area', 'aria-hidden': 'true' });
      swatch.style.setProperty('--swatch', `var(--${look.colours[i]})`);
      list.append(make('li', {}, swatch, word));
    }
  });
  return list;
}

export class PageMaps {
  private readonly maps: readonly PackedMap[];
  private readonly ranges: Ranges;
  private readonly views: readonly View[];
  private readonly lens = make('canvas', { 'aria-hidden': 'true' });
  private readonly inflated = new Map<number, Uint8Array>();
  private wanted = -1;
  private shown = -1;
  private fit: Fit | undefined;
  private page = -1;

  constructor(maps: readonly PackedMap[]) {
    this.maps = maps;
    this.ranges = uniteRanges(maps.map((map) => map.ranges));
    this.views = looks.map((look) => ({
      look,
      canvas: make('canvas', {
        tabindex: '0',
        role: 'application',
        'aria-roledescription': 'page map',
        'aria-label': `${look.caption}. The arrows move from page to page.`,
        'data-look': look.name,
      }),
      mark: make('div', { class: 'cell-mark', hidden: '' }),
    }));
    const host = byId('page-maps');
    for (const view of this.views) {
      const frame = make('div', { class: 'map' }, view.canvas, view.mark);
      host.append(make('figure', {}, make('figcaption', {}, view.look.caption), frame, legendOf(view.look)));
      this.listen(view);
    }
    byId('lens').append(this.lens);
    onWidth(host, () => this.resize());
    onAppearance(() => this.resize());
  }

  /** Shows a moment, when its bytes are there and no other was asked for meanwhile. */
  async show(moment: number): Promise<void> {
    this.wanted = moment;
    let pages = this.inflated.get(moment);
    if (pages === undefined) {
      pages = this.placeRanges(this.maps[moment], await inflate(this.maps[moment].data));
      this.inflated.set(moment, pages);
    }
    if (this.wanted === moment) {
      this.shown = moment;
      this.draw();
      byId('page-maps').dataset.shown = String(moment);
    }
  }

  /** The bytes of a moment in the order of the common ranges, absentPage where it has none. */
  private placeRanges(map: PackedMap, bytes: Uint8Array): Uint8Array {
    const total = this.ranges.reduce((sum, range) => sum + range[1], 0);
    const placed = new Uint8Array(total).fill(absentPage);
    let offset = 0;
    for (const [first, pages] of map.ranges) {
      placed.set(bytes.subarray(offset, offset + pages), this.indexOf(first));
      offset += pages;
    }
    return placed;
  }

  /** Where a page's byte stands, −1 when no moment has the page. */
  private indexOf(page: number): number {
    let before = 0;
    for (const [first, pages] of this.ranges) {
      if (page >= first && page < first + pages) {
        return before + page - first;
      }
      before += pages;
    }
    return -1;
  }

  private pairOf(page: number): number {
    const index = this.indexOf(page);
    return index < 0 ? absentPage : (this.inflated.get(this.shown)?.[index] ?? absentPage);
  }

  private resize(): void {
    const frame = this.views[0].canvas.parentElement?.clientWidth ?? 0;
    if (frame > ruler) {
      const density = window.devicePixelRatio || 1;
      this.fit = fitLayout(this.ranges, Math.floor((frame - ruler) * density), tallest * density);
      this.draw();
    }
  }

  private draw(): void {
    const pages = this.inflated.get(this.shown);
    const fit = this.fit;
    if (pages === undefined || fit === undefined) {
      return;
    }
    for (const view of this.views) {
      this.drawView(view, fit, pages);
    }
    const bytes = formatTick(fit.columns * heapPageBytes);
    const share = Math.round(1 / (fit.cellWidth * fit.cellHeight));
    const cell =
      share > 1 ? `One pixel mixes the colours of about ${share} pages` : 'One cell is a page of 8 KiB';
    byId('map-scale').textContent = `${cell}, one row is ${bytes} (${fit.columns} pages), in address order.`;
    this.point(this.page < 0 ? this.firstOfInterest(pages) : this.page);
  }

  /** The first page where belief and kernel disagree, or the first of all. */
  private firstOfInterest(pages: Uint8Array): number {
    let offset = Math.max(
      0,
      pages.findIndex((pair) => pair !== absentPage && verdictOf(pair) !== 0),
    );
    for (const [first, length] of this.ranges) {
      if (offset < length) {
        return first + offset;
      }
      offset -= length;
    }
    return this.ranges[0][0];
  }

  private drawView(view: View, fit: Fit, pages: Uint8Array): void {
    const density = window.devicePixelRatio || 1;
    const width = fit.columns * fit.cellWidth;
    const height = fit.rows * fit.cellHeight;
    const context = sizeCanvas(view.canvas, ruler + width / density, Math.max(1, height / density));
    const image = new ImageData(fit.columns, fit.rows);
    const words = new Uint32Array(image.data.buffer);
    // ImageData is RGBA bytes; every machine with a browser today is little-endian.
    const inks = view.look.colours.map((name) => {
      const [red, green, blue] = rgb(name);
      return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    });
    const [red, green, blue] = rgb('unmapped');
    const blank = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    let index = 0;
    for (const block of fit.blocks) {
      const start = block.row * fit.columns;
      for (let i = 0; i < block.pages; i++) {
        const pair = pages[index++];
        words[start + i] = pair === absentPage ? blank : inks[view.look.classOf(pair)];
      }
    }
    const sheet = document.createElement('canvas');
    sheet.width = fit.columns;
    sheet.height = fit.rows;
    sheet.getContext('2d')?.putImageData(image, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = fit.cellWidth < 1 || fit.cellHeight < 1;
    context.imageSmoothingQuality = 'high';
    context.drawImage(sheet, ruler * density, 0, width, height);
    context.strokeStyle = colour('line');
    context.lineWidth = 1;
    for (const block of fit.blocks) {
      const rows = Math.ceil(block.pages / fit.columns);
      context.strokeRect(
        ruler * density + 0.5,
        block.row * fit.cellHeight + 0.5,
        width - 1,
        rows * fit.cellHeight - 1,
      );
    }
    this.drawRuler(context, fit, density);
  }

  /** Offsets from the first page, at each arena or at as many as there is room for. */
  private drawRuler(context: CanvasRenderingContext2D, fit: Fit, density: number): void {
    context.font = `${11 * density}px system-ui, sans-serif`;
    context.textAlign = 'right';
    context.textBaseline = 'top';
    context.fillStyle = colour('muted');
    let free = 0;
    let freeTick = 0;
    const label = (row: number, page: number): void => {
      const y = row * fit.cellHeight;
      if (y >= freeTick) {
        context.fillRect((ruler - 5) * density, y, 4 * density, density);
        freeTick = y + 4 * density;
      }
      if (y >= free && y + 12 * density <= fit.rows * fit.cellHeight) {
        const text = page === 0 ? '0' : formatTick(page * heapPageBytes).replace(/iB$/, '');
        context.fillText(text, (ruler - 8) * density, y);
        free = y + 14 * density;
      }
    };
    for (const block of fit.blocks) {
      for (
        let page = block.first;
        page < block.first + block.pages;
        page += pagesInArena - (page % pagesInArena)
      ) {
        label(block.row + Math.floor((page - block.first) / fit.columns), page - this.ranges[0][0]);
      }
    }
  }

  private listen(view: View): void {
    const follow = (event: PointerEvent): void => {
      const fit = this.fit;
      if (fit === undefined) {
        return;
      }
      const density = window.devicePixelRatio || 1;
      const box = view.canvas.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left - ruler) * density) / fit.cellWidth);
      const row = Math.floor(((event.clientY - box.top) * density) / fit.cellHeight);
      const page = pageAt(fit, column, row);
      if (page >= 0) {
        this.point(page);
      }
    };
    view.canvas.addEventListener('pointermove', follow);
    view.canvas.addEventListener('pointerdown', follow);
    view.canvas.addEventListener('keydown', (event) => {
      const row = this.fit?.columns ?? 64;
      const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row };
      const last = this.ranges[this.ranges.length - 1];
      if (Object.hasOwn(steps, event.key)) {
        this.step(steps[event.key]);
      } else if (event.key === 'Home' || event.key === 'End') {
        this.point(event.key === 'Home' ? this.ranges[0][0] : last[0] + last[1] - 1);
      } else {
        return;
      }
      event.preventDefault();
    });
  }

  /** Moves the pointed page over the gaps between ranges. */
  private step(by: number): void {
    const total = this.ranges.reduce((sum, range) => sum + range[1], 0);
    let index = Math.min(Math.max(this.indexOf(this.page) + by, 0), total - 1);
    for (const [first, pages] of this.ranges) {
      if (index < pages) {
        this.point(first + index);
        return;
      }
      index -= pages;
    }
  }

  /** Marks a page in every map, draws the lens around it and says what it is. */
  private point(page: number): void {
    const fit = this.fit;
    const place = fit === undefined ? undefined : placeOf(fit, page);
    if (fit === undefined || place === undefined) {
      return;
    }
    this.page = page;
    const density = window.devicePixelRatio || 1;
    for (const { mark } of this.views) {
      const size = Math.max(7, fit.cellWidth / density + 4);
      const height = Math.max(7, fit.cellHeight / density + 4);
      mark.hidden = false;
      mark.style.width = `${size}px`;
      mark.style.height = `${height}px`;
      mark.style.left = `${ruler + ((place.column + 0.5) * fit.cellWidth) / density - size / 2}px`;
      mark.style.top = `${((place.row + 0.5) * fit.cellHeight) / density - height / 2}px`;
    }
    const origin = this.maps[Math.max(0, this.shown)].origin;
    const address = origin > 0 ? ` at 0x${(origin + page * heapPageBytes).toString(16)}` : '';
    byId('page-readout').textContent =
      `Page ${page.toLocaleString('en-US')}${address}: ${pageWords(this.pairOf(page))}.`;
    this.drawLens(page);
  }

  private drawLens(page: number): void {
    const width = Math.floor(byId('lens').clientWidth);
    if (width < 64) {
      return;
    }
    const rowHeight = 22;
    const margin = width > 600 ? 56 : 0;
    const context = sizeCanvas(this.lens, width, 2 * rowHeight + 4);
    const cell = (width - margin) / lensPages;
    const first = page - (page % lensPages);
    const gap = cell > 5 ? 1 : 0.5;
    [beliefLook, kernelLook].forEach((look, row) => {
      for (let i = 0; i < lensPages; i++) {
        const pair = this.pairOf(first + i);
        context.fillStyle =
          pair === absentPage ? colour('unmapped') : colour(look.colours[look.classOf(pair)]);
        context.fillRect(margin + i * cell, row * (rowHeight + 2) + 1, cell - gap, rowHeight);
      }
      if (margin > 0) {
        context.font = '12px system-ui, sans-serif';
        context.textBaseline = 'middle';
        context.fillStyle = colour('muted');
        context.fillText(look.name, 0, row * (rowHeight + 2) + rowHeight / 2 + 1);
      }
    });
    context.strokeStyle = colour('text');
    context.lineWidth = 2;
    context.strokeRect(margin + (page - first) * cell - 0.5, 1, cell, 2 * rowHeight + 2);
  }
}
