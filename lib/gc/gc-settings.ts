/**
 * The collector's settings: GC percent and memory limit, as the program sets them at any time.
 *
 * A change takes effect when the trigger commits it (trigger.ts); the limit's own goal counts at once.
 *
 * Not here: what follows from them (heap-goals.ts, live-trigger.ts).
 */
import { PageHeapError } from '../base/errors.ts';
import { f64, table, type Views } from '../meta/column.ts';

/** The memory limit that limits nothing: the largest int64, as the nearest double. */
export const noMemoryLimit = 2 ** 63;

export const gcSettingsTable = table('gcSettings', 'other', {
  /** GOGC; −1 when off. */
  gcPercent: f64('heap'),
  /** Bytes. */
  memoryLimit: f64('heap'),
});

const maxInt32 = 2 ** 31 - 1;

export class GcSettings {
  readonly #columns: Views<typeof gcSettingsTable>;

  constructor(columns: Views<typeof gcSettingsTable>) {
    this.#columns = columns;
  }

  /** Starts afresh. Arguments as `setGCPercent` and `setMemoryLimit` take them. */
  init(gcPercent: number, memoryLimit: number): void {
    this.#columns.memoryLimit[0] = noMemoryLimit;
    this.setGCPercent(gcPercent);
    this.setMemoryLimit(memoryLimit);
  }

  /** GOGC in percent; −1 when off. */
  get gcPercent(): number {
    return this.#columns.gcPercent[0];
  }

  /** The memory limit in bytes; `noMemoryLimit` when off. */
  get memoryLimit(): number {
    return this.#columns.memoryLimit[0];
  }

  /** Whether neither GOGC nor a memory limit sets a goal: the heap's goal is then a number nobody reaches. */
  get isOff(): boolean {
    return this.gcPercent < 0 && this.memoryLimit >= noMemoryLimit;
  }

  /**
   * Sets GOGC and returns the previous value. Takes effect with the trigger's next `commit`.
   *
   * @param percent an int32; negative turns the GOGC goal off and counts as −1.
   * @throws ERR_INVALID_ARGUMENT for anything else; nothing is changed.
   */
  setGCPercent(percent: number): number {
    if (!Number.isInteger(percent) || percent > maxInt32) {
      throw new PageHeapError('ERR_INVALID_ARGUMENT', 'the GC percent must be an integer below 2^31', {
        value: percent,
      });
    }
    const previous = this.gcPercent;
    this.#columns.gcPercent[0] = percent < 0 ? -1 : percent;
    return previous;
  }

  /**
   * Sets the memory limit and returns the previous one. Takes effect at once.
   *
   * @param limit bytes, an integer; negative only reads; `noMemoryLimit` or more, Infinity too, is none.
   * @throws ERR_INVALID_ARGUMENT for anything else; nothing is changed.
   */
  setMemoryLimit(limit: number): number {
    if (
      typeof limit !== 'number' ||
      Number.isNaN(limit) ||
      (Number.isFinite(limit) && !Number.isInteger(limit))
    ) {
      throw new PageHeapError('ERR_INVALID_ARGUMENT', 'the memory limit must be a whole number of bytes', {
        value: limit,
      });
    }
    const previous = this.memoryLimit;
    if (limit >= 0) this.#columns.memoryLimit[0] = Math.min(limit, noMemoryLimit);
    return previous;
  }
}
