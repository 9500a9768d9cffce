/// <reference lib="dom" />
/**
 * One page map: a canvas with a cell for each page of 8 KiB, in address order from left to right and top to
 * bottom, coloured by one view (page-colours.ts), with a ruler of offsets at its left.
 *
 * Keyboard, when it has the focus: the arrows move by a page or a row, Home and End to the ends. A sheet only
 * asks for that; what is marked is decided by whoever owns the sheets, so that all mark the same page.
 */

import { canvasDensity, colour, make, rgb, sizeCanvas } from './dom.ts';
import { formatTick } from './format.ts';
import type { PageOrder } from './moment-pages.ts';
import { absentPage, type PageView } from './page-colours.ts';
import { type Fit, pageAt, placeOf } from './page-layout.ts';

export const heapPageBytes = 8192;
const pagesInArena = 8192;
/** Room for the labels on the left of a map, in CSS pixels. */
export const mapRuler = 46;

/** What a pointer or a key asks for. */
export type PointPage = (page: number) => void;

export class PageSheet {
  readonly view: PageView;
  /** To be put into the document. */
  readonly frame: HTMLElement;
  #order: PageOrder | undefined;
  readonly #canvas: HTMLCanvasElement;
  readonly #mark = make('div', { class: 'cell-mark', hidden: '' });
  #fit: Fit | undefined;
  #page = -1;

  constructor(view: PageView, name: string, point: PointPage) {
    this.view = view;
    this.#canvas = make('canvas', {
      tabindex: '0',
      role: 'application',
      'aria-roledescription': 'page map',
      'aria-label': `${name}. The arrows move from page to page.`,
      'data-view': view.name,
    });
    this.frame = make('div', { class: 'map' }, this.#canvas, this.#mark);
    this.#listen(point);
  }

  /** Draws the pages. @param pages a byte each, in order */
  draw(fit: Fit, order: PageOrder, pages: Uint8Array): void {
    this.#fit = fit;
    this.#order = order;
    const density = canvasDensity();
    const width = fit.columns * fit.cellWidth;
    const height = fit.rows * fit.cellHeight;
    const context = sizeCanvas(this.#canvas, mapRuler + width / density, Math.max(1, height / density));
    const sheet = document.createElement('canvas');
    sheet.width = fit.columns;
    sheet.height = fit.rows;
    sheet.getContext('2d')?.putImageData(this.#cells(fit, pages), 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = fit.cellWidth < 1 || fit.cellHeight < 1;
    context.imageSmoothingQuality = 'high';
    context.drawImage(sheet, mapRuler * density, 0, width, height);
    context.strokeStyle = colour('line');
    context.lineWidth = 1;
    for (const block of fit.blocks) {
      const rows = Math.ceil(block.pages / fit.columns);
      context.strokeRect(
        mapRuler * density + 0.5,
        block.row * fit.cellHeight + 0.5,
        width - 1,
        rows * fit.cellHeight - 1,
      );
    }
    this.#drawRuler(context, fit, order, density);
  }

  /** Marks a page that the layout holds. */
  point(page: number): void {
    const fit = this.#fit;
    const mark = this.#mark;
    const place = fit === undefined ? undefined : placeOf(fit, page);
    if (fit === undefined || place === undefined) {
      return;
    }
    this.#page = page;
    const density = canvasDensity();
    const size = Math.max(7, fit.cellWidth / density + 4);
    const height = Math.max(7, fit.cellHeight / density + 4);
    mark.hidden = false;
    mark.style.width = `${size}px`;
    mark.style.height = `${height}px`;
    mark.style.left = `${mapRuler + ((place.column + 0.5) * fit.cellWidth) / density - size / 2}px`;
    mark.style.top = `${((place.row + 0.5) * fit.cellHeight) / density - height / 2}px`;
  }

  #cells(fit: Fit, pages: Uint8Array): ImageData {
    const image = new ImageData(fit.columns, fit.rows);
    const words = new Uint32Array(image.data.buffer);
    // ImageData is RGBA bytes; every machine with a browser today is little-endian.
    const ink = (name: string): number => {
      const [red, green, blue] = rgb(name);
      return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    };
    const inks = this.view.colours.map(ink);
    const blank = ink('unmapped');
    let index = 0;
    for (const block of fit.blocks) {
      const start = block.row * fit.columns;
      for (let i = 0; i < block.pages; i++) {
        const pair = pages[index++];
        words[start + i] = pair === absentPage ? blank : inks[this.view.classOf(pair)];
      }
    }
    return image;
  }

  /** Offsets from the first page, at each arena or at as many as there is room for. */
  #drawRuler(context: CanvasRenderingContext2D, fit: Fit, order: PageOrder, density: number): void {
    context.font = `${11 * density}px system-ui, sans-serif`;
    context.textAlign = 'right';
    context.textBaseline = 'top';
    context.fillStyle = colour('muted');
    let free = 0;
    let freeTick = 0;
    const label = (row: number, page: number): void => {
      const y = row * fit.cellHeight;
      if (y >= freeTick) {
        context.fillRect((mapRuler - 5) * density, y, 4 * density, density);
        freeTick = y + 4 * density;
      }
      if (y >= free && y + 12 * density <= fit.rows * fit.cellHeight) {
        const text = page === 0 ? '0' : formatTick(page * heapPageBytes).replace(/iB$/, '');
        context.fillText(text, (mapRuler - 8) * density, y);
        free = y + 14 * density;
      }
    };
    for (const block of fit.blocks) {
      for (
        let page = block.first;
        page < block.first + block.pages;
        page += pagesInArena - (page % pagesInArena)
      ) {
        label(block.row + Math.floor((page - block.first) / fit.columns), page - order.first);
      }
    }
  }

  #listen(point: PointPage): void {
    const canvas = this.#canvas;
    const follow = (event: PointerEvent): void => {
      const fit = this.#fit;
      if (fit === undefined) {
        return;
      }
      const density = canvasDensity();
      const box = canvas.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left - mapRuler) * density) / fit.cellWidth);
      const row = Math.floor(((event.clientY - box.top) * density) / fit.cellHeight);
      const page = pageAt(fit, column, row);
      if (page >= 0) {
        point(page);
      }
    };
    canvas.addEventListener('pointermove', follow);
    canvas.addEventListener('pointerdown', follow);
    canvas.addEventListener('keydown', (event) => {
      const order = this.#order;
      if (order === undefined) return;
      const row = this.#fit?.columns ?? 64;
      const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row };
      if (Object.hasOwn(steps, event.key)) {
        // Over the gaps between ranges.
        point(order.pageAt(order.indexOf(this.#page) + steps[event.key]));
      } else if (event.key === 'Home' || event.key === 'End') {
        point(event.key === 'Home' ? order.first : order.last);
      } else {
        return;
      }
      event.preventDefault();
    });
  }
}

/** The layout for sheets in so many CSS pixels of width, at most so tall. */
export function mapWidth(frame: number): number {
  return Math.floor((frame - mapRuler) * canvasDensity());
}

/** How large a cell is, in words. */
export function cellWords(fit: Fit): string {
  const share = Math.round(1 / (fit.cellWidth * fit.cellHeight));
  const cell =
    share > 1 ? `One pixel mixes the colours of about ${share} pages` : 'One cell is a page of 8 KiB';
  return `${cell}, one row is ${formatTick(fit.columns * heapPageBytes)} (${fit.columns} pages), in address order.`;
}

/** The colours of a view, in words. */
export function viewKey(view: PageView): HTMLElement {
  const list = make('ul', { class: 'key' });
  view.words.forEach((word, i) => {
    if (word !== 'unknown') {
      const swatch = make('span', { class: 'swatch area', 'aria-hidden': 'true' });
      swatch.style.setProperty('--swatch', `var(--${view.colours[i]})`);
      list.append(make('li', {}, swatch, word));
    }
  });
  return list;
}
