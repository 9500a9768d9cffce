/**
 * As it ran: what the recorded program had resident when it was as far as the replay is now.
 *
 * Between two samples of the program it is taken to have gone straight from one to the other, by operations: these are
 * what program and replay have in common.
 */
import type { Recorded, RecordedSample } from '../trace/recorded.ts';

/** Bytes of the program: resident, and of that what no file is behind. */
export type RanMemory = Pick<RecordedSample, 'rss' | 'anon'>;

export class AsItRan {
  readonly #samples: readonly RecordedSample[];
  /** The last sample that is not beyond the operations asked for last. */
  #at = 0;

  constructor({ samples = [] }: Pick<Recorded, 'samples'>) {
    this.#samples = samples;
  }

  /** After so many operations; undefined where no sample tells. Fast where it is asked in their order. */
  after(ops: number): RanMemory | undefined {
    const samples = this.#samples;
    if (samples.length === 0) return undefined;
    if (samples[this.#at].ops > ops) this.#at = 0;
    while (this.#at + 1 < samples.length && samples[this.#at + 1].ops <= ops) this.#at++;
    const last = samples[this.#at];
    const next = samples[this.#at + 1];
    if (next === undefined || last.ops >= ops) return { rss: last.rss, anon: last.anon };
    const share = (ops - last.ops) / (next.ops - last.ops);
    const between = (a: number, b: number): number => Math.round(a + share * (b - a));
    return { rss: between(last.rss, next.rss), anon: between(last.anon, next.anon) };
  }
}
