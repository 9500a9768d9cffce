/// <reference lib="dom" />
/**
 * The page maps of a comparison: what each configuration's heap believes, and what the kernel holds of it, at
 * one and the same moment of the program.
 *
 * All configurations share one layout, pages counted from their own heap's origin, so that a place in one map
 * is the same place in every other.
 */

import type { ComparedMoment } from '../comparison-payload.ts';
import { curveColour, curveDash, mainWidth } from './curve-style.ts';
import { byId, canvasDensity, lineMark, make, onAppearance, onWidth, paperWidth } from './dom.ts';
import { MomentPages, PageOrder } from './moment-pages.ts';
import { absentPage, beliefView, kernelView, pageWords } from './page-colours.ts';
import { type Fit, fitLayout } from './page-layout.ts';
import { cellWords, mapWidth, PageSheet, viewKey } from './page-sheet.ts';

const tallest = 240;
const shownLooks = [beliefView, kernelView] as const;

interface ComparedSheets {
  readonly configuration: number;
  readonly label: string;
  readonly moments: MomentPages;
  readonly sheets: readonly PageSheet[];
}

export class ComparedMaps {
  readonly #order: PageOrder;
  readonly #compared: readonly ComparedSheets[];
  readonly #buttons: readonly HTMLButtonElement[];
  #wanted = -1;
  /** Of the moment that is shown: the bytes of each configuration. */
  #pages: readonly Uint8Array[] = [];
  #fit: Fit | undefined;
  #page = 0;

  /** @param mapped the configurations that have maps, in the order of each moment's. @param labels of all */
  constructor(moments: readonly ComparedMoment[], mapped: readonly number[], labels: readonly string[]) {
    const order = new PageOrder(moments.flatMap(({ maps }) => maps.map(({ ranges }) => ranges)));
    this.#order = order;
    this.#page = order.first;
    const host = byId('compared-maps');
    this.#compared = mapped.map((configuration, i) => ({
      configuration,
      label: labels[configuration],
      moments: new MomentPages(
        moments.map(({ maps }) => maps[i]),
        order,
      ),
      sheets: shownLooks.map(
        (view) =>
          new PageSheet(view, `${labels[configuration]}: ${view.caption}`, (page) => this.#point(page)),
      ),
    }));
    for (const { configuration, label, sheets } of this.#compared) {
      const mark = lineMark(curveColour(configuration), mainWidth, curveDash(configuration));
      host.append(make('h3', {}, mark, ` ${label}`));
      const pair = make('div', { class: 'maps two' });
      for (const { view, frame } of sheets) {
        pair.append(make('figure', {}, make('figcaption', {}, view.caption), frame));
      }
      host.append(pair);
    }
    byId('compared-key').append(...shownLooks.map(viewKey));
    this.#buttons = moments.map(({ label }, i) => {
      const button = make('button', { type: 'button', 'aria-pressed': 'false' }, label);
      button.addEventListener('click', () => void this.show(i));
      return button;
    });
    byId('compared-moments').append(...this.#buttons);
    onWidth(host, () => this.#resize());
    onAppearance((printing) => this.#resize(printing));
  }

  /** Shows a moment, when its bytes are there and no other was asked for meanwhile. */
  async show(moment: number): Promise<void> {
    this.#wanted = moment;
    try {
      const pages = await Promise.all(this.#compared.map(({ moments }) => moments.load(moment)));
      if (this.#wanted !== moment) {
        return;
      }
      this.#pages = pages;
    } catch (error) {
      byId('compared-readout').textContent = `This browser cannot unpack the page maps: ${String(error)}`;
      return;
    }
    this.#buttons.forEach((button, i) => {
      button.setAttribute('aria-pressed', String(i === moment));
    });
    this.#draw();
    byId('compared-maps').dataset.shown = String(moment);
  }

  #resize(printing = false): void {
    const width = mapWidth(printing ? paperWidth / 2 : this.#compared[0].sheets[0].frame.clientWidth);
    if (width > 0) {
      this.#fit = fitLayout(this.#order.ranges, width, tallest * canvasDensity());
      this.#draw();
    }
  }

  #draw(): void {
    const fit = this.#fit;
    const pages = this.#pages;
    if (fit === undefined || pages.length === 0) {
      return;
    }
    this.#compared.forEach(({ sheets }, i) => {
      for (const sheet of sheets) {
        sheet.draw(fit, this.#order, pages[i]);
      }
    });
    byId('compared-scale').textContent = cellWords(fit);
    this.#point(this.#page);
  }

  /** Marks a page in every map and says what it is in each heap. */
  #point(page: number): void {
    const index = this.#order.indexOf(page);
    if (this.#fit === undefined || index < 0) {
      return;
    }
    this.#page = page;
    const words = this.#compared.map(({ label, sheets }, i) => {
      for (const sheet of sheets) {
        sheet.point(page);
      }
      return `${label}: ${pageWords(this.#pages[i]?.[index] ?? absentPage)}`;
    });
    byId('compared-readout').textContent = `Page ${page.toLocaleString('en-US')}. ${words.join('. ')}.`;
  }
}
