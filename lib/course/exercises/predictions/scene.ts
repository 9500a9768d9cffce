/**
 * What is asked of a student: operations on a small heap, some given with their answers, the others to be predicted under each
 * of the three designs with the student's constants.
 *
 * Operations are drawn until each misreading of a rule shows in them, so that who has them all right has read the rules right.
 */
import { type Generation, generations } from '../../../design/design.ts';
import { DesignModel, type DesignRules, type Misreading, misreadings } from '../../model/designs.ts';
import type { Run } from '../../model/fits.ts';
import { type Chance, chanceOf } from '../../model/seeds.ts';
import type { Move } from '../predict/scenes.ts';

export const heapPages = 64;
/** Allocations with their answers. */
export const givenMoves = 10;
const askedMoves = 18;

/** What an operation answers, and what is free before and after it. */
export interface Told {
  /** Of an allocation. */
  readonly page?: number;
  readonly before: readonly Run[];
  readonly after: readonly Run[];
}

export interface Scene {
  readonly moves: readonly Move[];
  readonly answers: Readonly<Record<Generation, readonly Told[]>>;
}

/** A design that carries out operations in their order. */
class Play {
  readonly #model: DesignModel;
  readonly #moves: readonly Move[];
  readonly #pageOf = new Map<number, number>();

  constructor(
    design: Generation,
    rules: DesignRules,
    moves: readonly Move[],
    misread?: Misreading,
    pages = heapPages,
  ) {
    this.#model = new DesignModel(design, rules, pages, misread);
    this.#moves = moves;
  }

  get runs(): Run[] {
    return this.#model.runs;
  }

  /** @returns the page of an allocation */
  carryOut(i: number): number | undefined {
    const move = this.#moves[i] as Move;
    if (move.k === 'scavenge') this.#model.giveBack();
    if (move.k === 'free') {
      const made = this.#moves[move.of];
      const page = this.#pageOf.get(move.of) ?? -1;
      // A misreading may have found no room.
      if (page >= 0 && made?.k === 'alloc') this.#model.free(page, made.n);
    }
    if (move.k !== 'alloc') return undefined;
    const page = this.#model.alloc(move.n);
    this.#pageOf.set(i, page);
    return page;
  }
}

export function playDesign(
  design: Generation,
  rules: DesignRules,
  moves: readonly Move[],
  misread?: Misreading,
  pages = heapPages,
): Told[] {
  const play = new Play(design, rules, moves, misread, pages);
  let before = play.runs;
  return moves.map((_, i) => {
    const page = play.carryOut(i);
    const told = { ...(page === undefined ? {} : { page }), before, after: play.runs };
    before = told.after;
    return told;
  });
}

/** What is told of a step: where an allocation lies, what is free after another operation. */
export const answerText = (move: Move, { page, after }: Told): string =>
  move.k === 'alloc' ? String(page) : runsText(after);

export const runsText = (runs: readonly Run[]): string =>
  runs.length === 0 ? 'none' : runs.map(({ page, n }) => `${page}-${page + n - 1}`).join(' ');

/** Goes on from the beginning of a scene. Sizes come again, so that runs of one size are free at the same time. */
function movesOf(chance: Chance, begun: readonly Move[]): Move[] {
  const moves = [...begun];
  const live: number[] = [];
  begun.forEach((move, i) => {
    if (move.k === 'alloc') live.push(i);
    if (move.k === 'free') live.splice(live.indexOf(move.of), 1);
  });
  const free = (): void => {
    const [of] = live.splice(chance.between(0, live.length - 1), 1);
    moves.push({ k: 'free', of: of as number });
  };
  const seen = begun.flatMap((move) => (move.k === 'alloc' ? [move.n] : []));
  const sizes = seen.length > 2 ? seen : [chance.between(3, 4), chance.between(5, 6)];
  const size = (): number => (chance.between(0, 2) === 0 ? chance.between(1, 6) : chance.oneOf(sizes));
  let scavenged = begun.some(({ k }) => k === 'scavenge');
  while (moves.length < givenMoves + askedMoves) {
    const at = moves.length - givenMoves;
    if (at >= 0 && (at < 3 || (live.length > 3 && chance.between(0, 9) < 4))) free();
    else if (at > 4 && !scavenged && chance.between(0, 2) === 0) {
      moves.push({ k: 'scavenge' });
      scavenged = true;
    } else {
      live.push(moves.length);
      moves.push({ k: 'alloc', n: size() });
    }
  }
  return moves;
}

const answersOf = (moves: readonly Move[], rules: DesignRules): Scene['answers'] => ({
  lists: playDesign('lists', rules, moves),
  treap: playDesign('treap', rules, moves),
  radix: playDesign('radix', rules, moves),
});

const allMisreadings = generations.reduce((sum, design) => sum + misreadings[design].length, 0);

/** Whether some answer is another than what is right; what comes after the first is not played, for a scene has many tries. */
function isShown(
  misread: Misreading,
  design: Generation,
  moves: readonly Move[],
  right: readonly Told[],
  rules: DesignRules,
): boolean {
  const play = new Play(design, rules, moves, misread);
  return moves.some((move, i) => {
    const page = play.carryOut(i);
    const told = right[i] as Told;
    return move.k === 'alloc' ? page !== told.page : !areSame(play.runs, told.after);
  });
}

const areSame = (a: readonly Run[], b: readonly Run[]): boolean =>
  a.length === b.length && a.every(({ page, n }, i) => page === b[i]?.page && n === b[i]?.n);

/** How many misreadings show; −1 where something finds no room, or fewer than so many show. */
function shows(moves: readonly Move[], answers: Scene['answers'], rules: DesignRules, least: number): number {
  if (generations.some((design) => answers[design].some(({ page = 0 }) => page < 0))) return -1;
  let count = allMisreadings;
  for (const design of generations)
    for (const misread of misreadings[design])
      if (!isShown(misread, design, moves, answers[design], rules) && --count < least) return -1;
  return count;
}

const known = new Map<string, Scene>();
const mostKnown = 200;
const triesFrom = 150;
const mostTries = 6000;

/** Climbs to a scene in which all shows: what comes after some operation is drawn anew, and kept where no less shows. */
function drawn(seed: string, rules: DesignRules): Scene {
  const chance = chanceOf(`${seed} predictions`);
  let best: Scene | undefined;
  let moves: readonly Move[] = [];
  let shown = -1;
  for (let i = 0; i < mostTries; i++) {
    if (i % triesFrom === 0) shown = -1;
    const from = shown < 0 ? 0 : chance.between(givenMoves, givenMoves + askedMoves - 1);
    const next = movesOf(chance, moves.slice(0, from));
    const answers = answersOf(next, rules);
    const count = shows(next, answers, rules, shown);
    if (count < 0) continue;
    moves = next;
    shown = count;
    best = { moves, answers };
    if (count === allMisreadings) break;
  }
  return best as Scene;
}

/** The scene of a seed. */
export function sceneFor(seed: string, rules: DesignRules): Scene {
  const key = JSON.stringify([seed, rules]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const scene = drawn(seed, rules);
  if (known.size >= mostKnown) known.clear();
  known.set(key, scene);
  return scene;
}
