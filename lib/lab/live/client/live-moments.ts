/// <reference lib="dom" />
/**
 * The page maps that a page has seen: those of the run file, and those that came while the run went on. Of too many, every
 * second is forgotten.
 *
 * All share one layout, which grows with the heap: a page stays where it is.
 */
import type { RunMap } from '../../record/lines.ts';
import { momentName } from '../../record/moments.ts';
import { inflate, PageOrder } from '../../report/client/moment-pages.ts';
import { absentPage } from '../../report/client/page-colours.ts';
import type { Ranges } from '../../report/client/page-layout.ts';
import type { ShownPages } from '../../report/client/page-map.ts';
import { packPages, rangesOf } from '../../report/page-pairs.ts';
import type { LiveMap } from '../live-lines.ts';

interface Moment {
  readonly t: number;
  /** Of those of the run file. */
  readonly label?: string;
  readonly origin: number;
  readonly ranges: Ranges;
  readonly pairs: () => Promise<Uint8Array>;
}

const mostMoments = 400;
/** As many inflated ones are kept. */
const mostKept = 24;

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Cells of several pages as pages: all of a cell look alike. */
function spreadOut(cells: Uint8Array, scale: number): Uint8Array {
  if (scale === 1) return cells;
  const pages = new Uint8Array(cells.length * scale);
  for (let i = 0; i < cells.length; i++) pages.fill(cells[i], i * scale, (i + 1) * scale);
  return pages;
}

export class LiveMoments {
  #moments: Moment[] = [];
  #order = new PageOrder([]);
  readonly #kept = new Map<Moment, { readonly order: PageOrder; readonly pages: Uint8Array }>();

  clear(): void {
    this.#moments = [];
    this.#order = new PageOrder([]);
    this.#kept.clear();
  }

  get count(): number {
    return this.#moments.length;
  }

  addRecorded(line: RunMap): void {
    const { state, resident } = line.bits;
    const pairs = packPages(bytesOf(state), bytesOf(resident));
    const ranges = rangesOf(line, pairs.length);
    const { t, label, origin = 0 } = line;
    this.#add({ t, origin, ranges, pairs: async () => pairs, label: momentName(label) });
  }

  addSeen({ t, origin, scale, ranges, data }: LiveMap): void {
    const wide = ranges.map(([first, cells]) => [first * scale, cells * scale] as const);
    this.#add({ t, origin, ranges: wide, pairs: async () => spreadOut(await inflate(data), scale) });
  }

  /** When the first of all was; undefined where there is none. */
  get first(): number | undefined {
    return this.#moments[0]?.t;
  }

  /** What counts at a time: the last moment until then; undefined where none was kept yet. */
  at(t: number): { readonly t: number; readonly label: string; show(): Promise<ShownPages> } | undefined {
    const moment = this.#moments.findLast((one) => one.t <= t);
    if (moment === undefined) return undefined;
    return { t: moment.t, label: moment.label ?? '', show: () => this.#pagesOf(moment) };
  }

  #add(moment: Moment): void {
    // A map of a peak is written when the peak is over.
    const after = this.#moments.findLastIndex(({ t }) => t <= moment.t);
    this.#moments.splice(after + 1, 0, moment);
    if (this.#moments.length > mostMoments)
      this.#moments = this.#moments.filter(
        (one, i) => one.label !== undefined || i % 2 === 0 || one === moment,
      );
    const covered = new PageOrder([this.#order.ranges, moment.ranges]);
    if (JSON.stringify(covered.ranges) !== JSON.stringify(this.#order.ranges)) {
      this.#order = covered;
      this.#kept.clear();
    }
  }

  async #pagesOf(moment: Moment): Promise<ShownPages> {
    const { origin, ranges } = moment;
    const kept = this.#kept.get(moment);
    if (kept !== undefined) return { ...kept, origin };
    const bytes = await moment.pairs();
    const order = this.#order;
    const pages = new Uint8Array(order.total).fill(absentPage);
    let offset = 0;
    for (const [first, count] of ranges) {
      pages.set(bytes.subarray(offset, offset + count), order.indexOf(first));
      offset += count;
    }
    this.#kept.set(moment, { order, pages });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
    return { order, pages, origin };
  }
}
