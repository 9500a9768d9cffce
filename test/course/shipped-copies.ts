/**
 * Hand-ins that nobody thought of: models of the judge, cut out of the compiled package, each with an adapter of a few lines.
 */
import { compiledModules, topOf } from '../../lib/course/source/in-package.ts';

const cuts = new Map(
  [...compiledModules(/^(?:chunks|course)\/.*\.js$/)].flatMap(({ text, tree }) =>
    topOf(tree).map(({ name, declared }) => {
      const code = text.slice(declared.start, declared.end).replace(/\$\d+\b/g, '');
      return [name, declared.type === 'VariableDeclarator' ? `const ${code};` : code];
    }),
  ),
);

/** These declarations of the package, as they stand there. */
function cut(...names: readonly string[]): string {
  return names
    .map((name) => {
      const code = cuts.get(name);
      if (code === undefined) throw new Error(`the package has no ${name}`);
      return code;
    })
    .join('\n');
}

/** Its search is the one line that a hand-in cannot have. */
const pageMap = (): string =>
  cut('PageMap').replace(
    'return Buffer.from(this.free.buffer).indexOf(Buffer.alloc(n, 1));',
    'let run = 0; for (let i = 0; i < this.free.length; i++) { run = this.free[i] === 1 ? run + 1 : 0; if (run === n) return i - n + 1; } return -1;',
  );

export interface Copy {
  readonly exercise: string;
  /** Names of what was copied and is told. */
  readonly of: readonly string[];
  readonly text: string;
}

export const copies: readonly Copy[] = [
  {
    exercise: 'best-fit',
    of: ['FitModel', 'chooserOf'],
    text: `${cut('FitModel', 'chooserOf')}
const make = (name) => class extends FitModel {
  constructor() { super(chooserOf(name, { tie: 'lowest' }), 7); }
  forEachFree(visit) { for (const { page, n } of this.runs) visit(page, n); }
};
export const FirstFit = make('FirstFit'), BestFit = make('BestFit'), NextFit = make('NextFit'), OwnFit = make('BestFit');`,
  },
  {
    exercise: 'treap',
    of: ['DesignModel', 'shapeOf'],
    text: `${cut('goRules', 'least', 'DesignModel', 'byKey', 'priorityOf', 'shapeOf')}
const rule = { factor: 4097, plus: 12, top: 'largest' };
export class RunTreap {
  #runs = [];
  insert(page, n) { this.#runs.push({ page, n }); }
  remove(page) { this.#runs = this.#runs.filter((run) => run.page !== page); }
  find(n) { return [...this.#runs].sort(byKey).find((run) => run.n >= n)?.page ?? -1; }
  forEach(visit) { for (const node of shapeOf(this.#runs, rule)) visit(...node); }
}
export class TreapHeap extends DesignModel {
  constructor(back) { super('treap', { ...goRules, back: back || Infinity }, 0); }
  grow(page, n) { this.free(page, n); }
  forEachFree(visit) { for (const { page, n, givenBack } of this.heapKinds()) visit(page, n, givenBack); }
}`,
  },
  {
    exercise: 'page-cache',
    of: ['CachedModel', 'PageMap'],
    text: `${pageMap()}
${cut('CachedModel')}
export function lowestRow(lo, hi, n) {
  let run = 0;
  for (let i = 0; i < 64; i++) {
    run = (i < 32 ? (lo >>> i) & 1 : (hi >>> (i - 32)) & 1) ? run + 1 : 0;
    if (run === n) return i - n + 1;
  }
  return -1;
}
export class CachedHeap extends CachedModel { allocFor(p, n) { return super.allocFor(p, n, { limit: 13, keep: 1 }); } }
export class OwnHeap extends CachedHeap {}`,
  },
  {
    exercise: 'pi-controller',
    of: ['PiModel'],
    text: `const short = String;
${cut('PiModel')}
export class Pi {
  #model;
  constructor(numbers) { this.#model = new PiModel(numbers, { cap: 340e6, windup: 'pull' }); }
  next(input, setpoint, period) { return this.#model.next({ input, setpoint, period }).output; }
}
export class ScavengeController { next(measured, wanted) { return 0.01; } }`,
  },
  {
    exercise: 'dense-rule',
    of: ['ChunkModel'],
    text: `${cut('ChunkModel')}
export class Chunk extends ChunkModel { constructor(dense) { super(dense, 'most'); } }
export class DenseRule { keeps({ inUse }) { return inUse > 400; } }`,
  },
  {
    exercise: 'sweep',
    of: ['SweepModel', 'inOrder', 'sweptSpan'],
    text: `${cut('inOrder', 'SweepModel', 'bit', 'sweptSpan')}
export const sweepSpan = sweptSpan;
export class Sweep {
  #model;
  constructor(pages, living, distance) {
    this.#model = new SweepModel({ pages, living, distance }, { order: 'highest', margin: 4 });
  }
  before(n) { return this.#model.before(n); }
  rest() { return this.#model.rest(); }
  state() { return [this.#model.swept, this.#model.credit]; }
}
export class OwnSweep extends Sweep {}`,
  },
  {
    exercise: 'trigger',
    of: ['goalOf'],
    text: `${cut('goalOf')}
export { wrapped as goalOf };
const wrapped = (heap, numbers) => goalOf(heap, numbers, 'marked').goal;
export class TriggerPolicy {
  pace({ heapMarked, heapLive, memoryLimit, mappedReady, heapFree, heapAlloc }) {
    const room = memoryLimit - Math.max(0, mappedReady - heapFree - heapAlloc);
    return Math.max(Math.min(heapMarked + Math.sqrt(256 * 1048576 * heapMarked), room), heapLive);
  }
}`,
  },
];
