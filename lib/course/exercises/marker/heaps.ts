/**
 * Heaps of objects to be marked, as a list of words, and what is reachable in them.
 *
 * Object i has the words from `first[i]` up to `first[i + 1]`. A word is a pointer if it leaves `rest` when divided by `tag`; it
 * leads to the object of that many whole times. All other words are data, whatever they look like.
 */
import { type Chance, shuffled } from '../../model/seeds.ts';

export interface WordRule {
  readonly tag: number;
  readonly rest: number;
}

export interface ObjectHeap {
  readonly first: readonly number[];
  readonly words: readonly number[];
}

export const pointerTo = (object: number, { tag, rest }: WordRule): number => object * tag + rest;

/** Where a word leads; −1 where it is no pointer. */
export const targetOf = (word: number, { tag, rest }: WordRule): number =>
  word % tag === rest ? Math.floor(word / tag) : -1;

/** A word that looks like a pointer at first sight. */
export const dataWord = (n: number, { tag, rest }: WordRule): number => {
  const word = Math.abs(n);
  return word % tag === rest ? word + 1 : word;
};

/** A heap of objects by their words. */
export function heapOf(objects: readonly (readonly number[])[]): ObjectHeap {
  const first = [0];
  for (const words of objects) first.push((first.at(-1) as number) + words.length);
  return { first, words: objects.flat() };
}

/** Which objects are reachable: 1 where one is. */
export function reachable(
  { first, words }: ObjectHeap,
  roots: readonly number[],
  rule: WordRule,
): Uint8Array {
  const found = new Uint8Array(first.length - 1);
  const open = [...roots];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    if (found[object] === 1) continue;
    found[object] = 1;
    for (let at = first[object]; at < first[object + 1]; at++) {
      const target = targetOf(words[at], rule);
      if (target >= 0) open.push(target);
    }
  }
  return found;
}

/** How the program comes to an object: what it holds, and then object by object; undefined where no way leads there. */
export function wayTo(
  { first, words }: ObjectHeap,
  held: readonly number[],
  object: number,
  rule: WordRule,
): readonly number[] | undefined {
  const before = new Map<number, number | undefined>(held.map((one) => [one, undefined]));
  // A map goes on through what is added meanwhile: the shortest way is found first.
  for (const at of before.keys()) {
    if (at === object) break;
    for (const word of words.slice(first[at], first[at + 1])) {
      const target = targetOf(word, rule);
      if (target >= 0 && !before.has(target)) before.set(target, at);
    }
  }
  if (!before.has(object)) return undefined;
  const way = [object];
  for (let at = before.get(object); at !== undefined; at = before.get(at)) way.unshift(at);
  return way;
}

/** Objects in each of the large heaps. */
export const largeObjects = 2400;

export type ShapeName = 'deep' | 'wide' | 'mixed';
export const shapeNames: readonly ShapeName[] = ['deep', 'wide', 'mixed'];

/** As the exercise calls them. */
export const shapeWords: Readonly<Record<ShapeName, string>> = {
  deep: 'list',
  wide: 'table',
  mixed: 'mixture',
};

/**
 * - *deep*: one list through all objects, each with a word of data on either side
 * - *wide*: a table that leads to half of the objects, each of which leads to one more
 * - *mixed*: objects of many sizes, some of them large, that lead anywhere; a part is unreachable
 */
export function largeHeap(
  name: ShapeName,
  chance: Chance,
  rule: WordRule,
): { readonly heap: ObjectHeap; readonly roots: readonly number[] } {
  const data = (): number => dataWord(chance.between(0, largeObjects * rule.tag), rule);
  const to = (object: number): number => pointerTo(object, rule);
  // A neighbour in the list is none in the heap.
  const order = shuffled(chance, [...Array(largeObjects).keys()]);
  const objects: number[][] = order.map(() => []);
  const at = (i: number): number => order[i] as number;
  switch (name) {
    case 'deep':
      for (let i = 0; i < largeObjects; i++)
        objects[at(i)] = i + 1 < largeObjects ? [data(), to(at(i + 1)), data()] : [data()];
      break;
    case 'wide': {
      const half = largeObjects / 2;
      for (let i = 1; i < half; i++) {
        objects[at(0)]?.push(to(at(i)));
        objects[at(i)] = [to(at(half + i - 1))];
      }
      break;
    }
    case 'mixed':
      for (let i = 0; i < largeObjects; i++) {
        const length = i < 2 || chance.between(0, 39) === 0 ? chance.between(60, 300) : chance.between(0, 7);
        // The last part is led to by itself alone.
        const limit = i < 0.8 * largeObjects ? 0.8 * largeObjects - 1 : largeObjects - 1;
        objects[at(i)] = Array.from({ length }, () =>
          chance.between(0, 2) === 0 ? data() : to(at(chance.between(0, limit))),
        );
      }
      break;
  }
  return { heap: heapOf(objects), roots: [at(0), at(1)] };
}
