/**
 * Exercise 12: a marker with work buffers. It finds what lives by following pointers, in steps, while the program goes on and stores
 * pointers; what is found and not yet looked at is kept in buffers of a fixed size, as few as can be.
 *
 * From student to student differ what a pointer looks like, how many entries a buffer has, and from how many words on an
 * object is looked at in pieces. What it holds beside the heap is measured as bytes of its realm: what a probe holds with the
 * same heap is taken off.
 */
import fc from 'fast-check';
import { KiB } from '../../../base/units.ts';
import { type Chance, chanceOf } from '../../model/seeds.ts';
import { Bench, prepare, requireNumber } from '../bench.ts';
import { type Bucket, bucketsText, shareOf } from '../buckets.ts';
import {
  type Check,
  type Exercise,
  type Failure,
  type Measure,
  type Measured,
  type Variant,
  withLastSteps,
} from '../exercise.ts';
import { shortestFailure } from '../random-check.ts';
import {
  dataWord,
  heapOf,
  largeHeap,
  largeObjects,
  type ObjectHeap,
  pointerTo,
  type ShapeName,
  shapeNames,
  shapeWords,
  targetOf,
} from './heaps.ts';
import type { Act, Cycle, MarkerRules } from './judge.ts';
import { playCycle, target } from './play.ts';
import { stepsOf } from './steps.ts';

const id = 'marker';

const rulesOf = (variant: Variant): MarkerRules => ({
  tag: requireNumber(variant.tag, 'tag'),
  rest: requireNumber(variant.rest, 'rest'),
  entries: requireNumber(variant.entries, 'entries'),
  piece: requireNumber(variant.piece, 'piece'),
});

const evenSteps = (count: number, words: number): Act[] =>
  Array.from({ length: count }, () => ({ k: 'step', words }));

/** By hand: a ring, two that lead to one, what looks like a pointer, an object without words, one that nothing leads to. */
function sceneOf(rules: MarkerRules): Cycle {
  const to = (object: number): number => pointerTo(object, rules);
  const long = Array.from({ length: 2 * rules.piece + 1 }, (_, i) =>
    i % rules.piece === 0 ? to(7) : dataWord(i, rules),
  );
  const heap = heapOf([
    [to(1), dataWord(2 * rules.tag, rules), to(2)],
    [to(3), to(0)],
    [0, to(3)],
    [],
    [to(3), to(5)],
    [to(4)],
    long,
    [to(8), to(6)],
    [0],
  ]);
  return { heap, roots: [0, 6, 0], acts: evenSteps(6, 2), held: [0, 6] };
}

/** An object in few numbers that shrink well. */
interface Drawn {
  readonly objects: readonly (readonly number[])[];
  readonly roots: readonly number[];
  readonly moves: readonly Move[];
}

interface Move {
  /** `take`: a pointer moves from an object into a register; `hide`: into another object. */
  readonly k: 'step' | 'load' | 'store' | 'clear' | 'drop' | 'take' | 'hide';
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const smallNat = fc.nat({ max: 30 });

const drawn = (stores: boolean, { piece }: MarkerRules): fc.Arbitrary<Drawn> => {
  const words = fc.oneof(
    { weight: 6, arbitrary: fc.array(smallNat, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(smallNat, { maxLength: 3 * piece }) },
  );
  const kinds: Move['k'][] = stores ? ['step', 'load', 'store', 'clear', 'drop', 'take', 'hide'] : ['step'];
  return fc.record({
    objects: fc.array(words, { minLength: 1, maxLength: 14, size: 'max' }),
    roots: fc.array(smallNat, { minLength: 1, maxLength: 3 }),
    moves: fc.array(fc.record({ k: fc.constantFrom(...kinds), a: smallNat, b: smallNat, c: smallNat }), {
      maxLength: stores ? 24 : 8,
      size: 'max',
    }),
  });
};

/** The cycle that drawn numbers mean: the program loads and stores by what its registers hold. */
function cycleOf({ objects, roots, moves }: Drawn, rules: MarkerRules): Cycle {
  const count = objects.length;
  // Three of four words are pointers.
  const wordOf = (n: number): number =>
    n % 4 === 0 ? dataWord(n, rules) : pointerTo(Math.floor((n * 3) / 4) % count, rules);
  const heap = heapOf(objects.map((words) => words.map(wordOf)));
  const words = [...heap.words];
  const held = roots.map((root) => root % count);
  const acts = moves.flatMap(({ k, a, b, c }): Act[] => {
    if (k === 'step') return [{ k, words: 1 + (a % 5) }];
    if (k === 'drop') {
      if (held.length < 2) return [];
      const [object = -1] = held.splice(a % held.length, 1);
      return [{ k: 'drop', object }];
    }
    const object = held[a % held.length] as number;
    const length = heap.first[object + 1] - heap.first[object];
    if (length === 0) return [];
    const index = b % length;
    const store = (to: number, place: number, word: number): Act => {
      words[heap.first[to] + place] = word;
      return { k: 'store', object: to, index: place, word };
    };
    const child = targetOf(words[heap.first[object] + index], rules);
    switch (k) {
      case 'store':
        return [store(object, index, pointerTo(held[c % held.length] as number, rules))];
      case 'clear':
        return [store(object, index, 0)];
      case 'hide': {
        const other = held[c % held.length] as number;
        const room = heap.first[other + 1] - heap.first[other];
        if (child < 0 || room === 0) return [];
        return [store(other, (b + 1) % room, pointerTo(child, rules)), store(object, index, 0)];
      }
      default:
        if (child < 0) return [];
        held.push(child);
        return [{ k: 'load', object, index, child }, ...(k === 'take' ? [store(object, index, 0)] : [])];
    }
  });
  return { heap, roots: roots.map((root) => root % count), acts, held };
}

/** A cycle over a large heap. */
function largeCycle(name: ShapeName, chance: Chance, rules: MarkerRules, words: number): Cycle {
  const { heap, roots } = largeHeap(name, chance, rules);
  return { heap, roots, acts: evenSteps(Math.ceil(heap.words.length / words), words), held: roots };
}

const randomRuns = 60;

function checksOf(rules: MarkerRules): Check[] {
  const random = async (bench: Bench, seed: string, stores: boolean): Promise<Failure | undefined> => {
    await bench.fresh();
    return shortestFailure(
      drawn(stores, rules),
      { seed: `${seed} ${stores}`, runs: stores ? 2 * randomRuns : randomRuns },
      async (list) => (await playCycle(bench, cycleOf(list, rules), rules, { looks: true })).failure,
    );
  };
  return [
    {
      name: 'a few objects',
      points: 8,
      run: async (bench) => (await playCycle(bench, sceneOf(rules), rules, { looks: true })).failure,
    },
    { name: 'random heaps', points: 20, run: (bench, seed) => random(bench, seed, false) },
    { name: 'stores while it marks', points: 22, run: (bench, seed) => random(bench, seed, true) },
    {
      name: 'large heaps',
      points: 10,
      run: async (bench, seed) => {
        for (const name of shapeNames) {
          const cycle = largeCycle(name, chanceOf(`${seed} large ${name}`), rules, 400);
          const { failure } = await playCycle(bench, cycle, rules, { looks: false });
          if (failure !== undefined) {
            const { asked } = failure;
            return { ...withLastSteps(failure, 0), asked: `${asked}, in a heap of ${shapeWords[name]}` };
          }
        }
        return undefined;
      },
    },
  ];
}

const tenth = (n: number): number => Math.round(10 * n) / 10;

/** Words of a step in the measures. */
const stepWords = 64;

const workBuckets: readonly Bucket[] = [
  [12, 1],
  [20, 0.75],
  [32, 0.5],
  [60, 0.25],
];

/** Units of a step, times the words that it was asked for and a piece. */
const pauseBuckets: readonly Bucket[] = [
  [16, 1],
  [32, 0.5],
  [64, 0.25],
];

function speedMeasure(rules: MarkerRules, what: 'work' | 'pause', points: number): Measure {
  const buckets = what === 'work' ? workBuckets : pauseBuckets;
  return {
    name: what === 'work' ? 'work' : 'the longest step',
    points,
    buckets: `${what === 'work' ? 'units a word, in all' : `units of the longest call, of steps of ${stepWords} words, for each of ${stepWords} + PIECE words`}: ${bucketsText(buckets, points)}`,
    run: async (bench, seed): Promise<Measured> => {
      const cycle = largeCycle('mixed', chanceOf(`${seed} ${what}`), rules, stepWords);
      const { failure, units, longest, words } = await playCycle(bench, cycle, rules, { looks: false });
      if (failure !== undefined) return { failure: withLastSteps(failure, 0), share: 0 };
      const figure = tenth(what === 'work' ? units / words : longest / (stepWords + rules.piece));
      return {
        share: shareOf(buckets, figure),
        ...(what === 'work' ? { work: figure } : { other: `${figure} units a word` }),
      };
    },
  };
}

/** KiB beside the heap, at the peak. What is gray at a time of a heap of any shape is more than of a list or a table. */
const memoryBuckets: Readonly<Record<ShapeName, readonly Bucket[]>> = {
  deep: [
    [4, 1],
    [8, 0.75],
    [16, 0.5],
    [40, 0.25],
  ],
  wide: [
    [4, 1],
    [8, 0.75],
    [16, 0.5],
    [40, 0.25],
  ],
  mixed: [
    [11, 1],
    [16, 0.75],
    [24, 0.5],
    [48, 0.25],
  ],
};

const probeText = `export class ${target} {
  constructor(heap) { this.heap = heap; }
  root() {}
}`;

/** Bytes that a realm holds with the heap, beyond those that it holds without one. */
async function probe(heap: ObjectHeap): Promise<number> {
  const file = 'probe.mjs';
  const handin = prepare({ file, text: probeText, entry: file, modules: {}, exports: [target] });
  if (!('entry' in handin)) throw new Error('the probe is refused');
  const bench = new Bench(handin);
  try {
    const empty = await bench.weigh();
    await bench.run([['new', target, { first: [...heap.first], words: [...heap.words] }]]);
    await bench.run([[0, 'root', 0]]);
    return (await bench.weigh()) - empty;
  } finally {
    bench.close();
  }
}

const memoryMeasure = (name: ShapeName, rules: MarkerRules, points: number): Measure => ({
  name: `memory: ${shapeWords[name]}`,
  points,
  buckets: `KiB that it holds beside the heap, at its peak: ${bucketsText(memoryBuckets[name], points)}`,
  run: async (bench, seed): Promise<Measured> => {
    const cycle = largeCycle(name, chanceOf(`${seed} memory ${name}`), rules, stepWords);
    await bench.fresh();
    const empty = await bench.weigh();
    const played = await playCycle(bench, cycle, rules, { looks: false, memory: true });
    if (played.failure !== undefined) return { failure: withLastSteps(played.failure, 0), share: 0 };
    const held = (played.memory - empty - (await probe(cycle.heap))) / KiB;
    return { share: shareOf(memoryBuckets[name], held), other: `${tenth(held)} KiB` };
  },
});

const waveWords = { unit: 'objects', over: 'steps', used: 'marked' };

/** When each object of a small heap is marked, for the picture. */
const pictureMeasure = (rules: MarkerRules): Measure => ({
  name: 'a wave',
  points: 4,
  buckets: 'a heap of a hundred objects, looked at after each step: right 4 points',
  run: async (bench, seed): Promise<Measured> => {
    const chance = chanceOf(`${seed} wave`);
    const objects = Array.from({ length: 100 }, () =>
      Array.from({ length: chance.between(1, 4) }, () => pointerTo(chance.between(0, 84), rules)),
    );
    const heap = heapOf(objects);
    const acts = evenSteps(40, 6);
    const played = await playCycle(bench, { heap, roots: [0, 1], acts, held: [0, 1] }, rules, {
      looks: true,
    });
    if (played.failure !== undefined) return { failure: played.failure, share: 0 };
    return { share: 1, history: { words: waveWords, ops: acts.length + 1, changes: played.changes } };
  },
});

export const marker: Exercise = {
  id,
  number: 12,
  title: 'A marker with work buffers',
  teaches:
    'how a collector finds what lives while the program goes on: three colours, a barrier, and a stack that has an end',
  hours: '5 to 8',
  handin: 'mine.mjs',
  exports: [target],
  modules: [],
  variant: (seed) => {
    const chance = chanceOf(`${seed} ${id}`);
    const tag = chance.oneOf([4, 8, 16]);
    const piece = chance.between(10, 16);
    return {
      tag,
      rest: chance.between(1, tag - 1),
      entries: chance.between(12, 24),
      piece,
      most: stepWords + piece,
      objects: largeObjects,
    };
  },
  checks: (variant) => checksOf(rulesOf(variant)),
  measures: (variant) => {
    const rules = rulesOf(variant);
    return [
      speedMeasure(rules, 'work', 10),
      speedMeasure(rules, 'pause', 8),
      memoryMeasure('deep', rules, 6),
      memoryMeasure('wide', rules, 7),
      memoryMeasure('mixed', rules, 5),
      pictureMeasure(rules),
    ];
  },
  hints: {
    'a few objects': [
      'Mark the roots and put them into a buffer. Take one out, look at its words, mark what they lead to. When does an object enter a buffer, and how often?',
      'An object is marked when it enters, not when it is looked at: otherwise it enters twice.',
      'A word is a pointer by its rest alone. An object without words is marked, and counts no word.',
    ],
    'random heaps': [
      'Take the shortest example, and draw its objects with arrows. Which colour does each have after each step?',
      'A long object is looked at in pieces. Until its last piece it is gray, so its number and the place to go on must be in a buffer while others are looked at.',
      'step ends with the piece that reaches the number of words asked for, in the middle of an object, too.',
    ],
    'stores while it marks': [
      'A black object is not looked at again. What if the program puts the last pointer to a white object there?',
      'And what if it loads a pointer into a register, and then writes over the only place in the heap where it stood? Registers were looked at in the beginning.',
      'Before a word is written, shade what it led to. Then nothing that was reachable in the beginning can get lost, wherever the program keeps it.',
    ],
    'large heaps': [
      'A list of thousands: does your marker call itself for each of its objects?',
      'Each call may do half a million units of work. What do you go through at each step that grows with the heap?',
      'Take the last entry of the last buffer, and nothing from the front: shift moves all others.',
    ],
  },
  step: (bench, variant, trace) => stepsOf(bench, rulesOf(variant), trace),
  targets: [target],
};
