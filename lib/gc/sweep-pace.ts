/**
 * The pace of proportional sweeping: who allocates, sweeps for it first.
 *
 * After a cycle all pages in use are unswept, and all must be swept before the next cycle starts. The
 * pages left, divided by the bytes that may be allocated until the trigger (less 1 MiB of margin, at
 * least one page), is a slope. At any heap size the slope says how many pages should have been swept
 * since the *basis*, the point where the slope was set; an allocation that would fall behind it sweeps
 * until it does not. Setting GOGC or a limit in the middle moves the basis.
 *
 *     const pace = new SweepPace(meta.views(sweepPaceTable));
 *     pace.set(trigger, heapLive, pagesInUse, pagesSwept, sweepDone);          // after every commit
 *     while (pace.pagesOwed(heapLive, pagesSwept(), spanBytes) > 0) {          // before a span is allocated
 *       if (!sweepOne()) { pace.stop(); break; }
 *     }
 *
 * Source: the runtime of Go 1.21, mgcsweep.go (gcPaceSweeper, deductSweepCredit); equal to it bit for bit.
 *
 * Not here: sweeping itself; the background sweeper, which works ahead of this pace when it can.
 */
import { MiB, pageSize } from '../base/units.ts';
import { f64, table, type Views } from '../meta/column.ts';

/** Bytes by which the sweep is to be done before the trigger. */
export const sweepMargin = 1 * MiB;

export const sweepPaceTable = table('sweepPace', 'other', {
  /** Pages to sweep for each byte allocated; 0: nothing is owed. */
  pagesPerByte: f64('heap'),
  /** The heap's size at the basis, in bytes. */
  heapLiveBasis: f64('heap'),
  /** Pages swept in this cycle at the basis. */
  pagesSweptBasis: f64('heap'),
});

export class SweepPace {
  readonly #columns: Views<typeof sweepPaceTable>;

  constructor(columns: Views<typeof sweepPaceTable>) {
    this.#columns = columns;
  }

  /** Pages to sweep for each byte allocated. */
  get pagesPerByte(): number {
    return this.#columns.pagesPerByte[0];
  }

  /** The heap's size at the basis, in bytes. */
  get heapLiveBasis(): number {
    return this.#columns.heapLiveBasis[0];
  }

  /** Pages swept in this cycle at the basis. */
  get pagesSweptBasis(): number {
    return this.#columns.pagesSweptBasis[0];
  }

  /**
   * Sets the slope from here to the trigger, and the basis where there is anything left to sweep.
   *
   * @param trigger the heap size at which the next cycle starts, in bytes (not finite: as slow as can be).
   * @param heapLive the heap's size now, in bytes.
   * @param pagesInUse pages in spans in use. @param pagesSwept pages swept since the last cycle.
   * @param sweepDone whether every span of the last cycle is swept.
   */
  set(trigger: number, heapLive: number, pagesInUse: number, pagesSwept: number, sweepDone: boolean): void {
    const c = this.#columns;
    const left = pagesInUse - pagesSwept;
    if (sweepDone || left <= 0) {
      c.pagesPerByte[0] = 0;
      return;
    }
    c.pagesPerByte[0] = left / Math.max(trigger - heapLive - sweepMargin, pageSize);
    c.heapLiveBasis[0] = heapLive;
    c.pagesSweptBasis[0] = pagesSwept;
  }

  /** Nothing is owed any more: the sweep is done, or was done at once. */
  stop(): void {
    this.#columns.pagesPerByte[0] = 0;
  }

  /**
   * Pages to sweep before a span may be allocated; 0 when the sweep keeps pace.
   *
   * @param heapLive the heap's size, in bytes. @param pagesSwept pages swept since the last cycle.
   * @param spanBytes the span's size, all of which is assumed to become objects.
   * @param callerSweepPages pages that the caller will sweep itself, for a large span.
   */
  pagesOwed(heapLive: number, pagesSwept: number, spanBytes: number, callerSweepPages = 0): number {
    const c = this.#columns;
    const slope = c.pagesPerByte[0];
    if (slope === 0) {
      return 0;
    }
    const grown = spanBytes + Math.max(0, heapLive - c.heapLiveBasis[0]);
    const target = Math.trunc(slope * grown) - callerSweepPages;
    return Math.max(0, target - (pagesSwept - c.pagesSweptBasis[0]));
  }
}
