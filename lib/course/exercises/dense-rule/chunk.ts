/**
 * The judge's own account of one chunk of 512 pages, and two rules by which it is kept: Go's, as its recorded answers show, and
 * one that differs from student to student.
 */
export const chunkPages = 512;

export const ownRules = ['most', 'mean', 'twice'] as const;
export type OwnRule = (typeof ownRules)[number];

export type ChunkOp =
  | { readonly k: 'alloc' | 'free'; readonly n: number }
  | { readonly k: 'collected' | 'keeps' | 'ownKeeps' };

export class ChunkModel {
  readonly #dense: number;
  readonly #rule: OwnRule;
  #inUse = 0;
  /** When the last collection ended, and the one before. */
  #last = 0;
  #before = 0;
  #changed = false;
  #most = 0;

  constructor(dense: number, rule: OwnRule) {
    this.#dense = dense;
    this.#rule = rule;
  }

  alloc(n: number): void {
    this.#inUse += n;
    this.#changed = true;
    this.#most = Math.max(this.#most, this.#inUse);
  }

  free(n: number): void {
    this.#inUse -= n;
    this.#changed = true;
  }

  collected(): void {
    this.#before = this.#last;
    this.#last = this.#inUse;
    this.#most = this.#inUse;
    this.#changed = false;
  }

  /** Dense now; or changed since the last collection, and dense when that ended. */
  keeps(): boolean {
    return this.#inUse >= this.#dense || (this.#changed && this.#last >= this.#dense);
  }

  ownKeeps(): boolean {
    switch (this.#rule) {
      case 'most':
        return this.#most >= this.#dense;
      case 'mean':
        return (this.#inUse + this.#last) / 2 >= this.#dense;
      case 'twice':
        return this.#inUse >= this.#dense || (this.#last >= this.#dense && this.#before >= this.#dense);
    }
  }

  /** What is known, for messages. */
  get told(): string {
    return `${this.#inUse} in use, ${this.#last} when the last collection ended, ${this.#before} at the one before, ${this.#most} at most since, ${this.#changed ? 'changed' : 'not changed'} since`;
  }
}

export const goDense = 496;

/** A history, and what a real Go answered to each `keeps`. */
export interface Recorded {
  readonly ops: readonly ChunkOp[];
  readonly answers: readonly boolean[];
}

/** Lines `new`, `a N`, `f N`, `g`, `k 0` or `k 1`; what is behind # is a remark. */
export function parseRecord(text: string): Recorded[] {
  const all: { ops: ChunkOp[]; answers: boolean[] }[] = [];
  for (const line of text.split('\n')) {
    const [word = '', n = ''] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (word === 'new' || (word !== '' && all.length === 0)) all.push({ ops: [], answers: [] });
    const last = all.at(-1);
    if (word === 'a' || word === 'f') last?.ops.push({ k: word === 'a' ? 'alloc' : 'free', n: Number(n) });
    else if (word === 'g') last?.ops.push({ k: 'collected' });
    else if (word === 'k') {
      last?.ops.push({ k: 'keeps' });
      last?.answers.push(n === '1');
    }
  }
  return all;
}
