/**
 * How alike two hand-ins are: fingerprints of their syntax trees by winnowing.
 *
 * The tree is written down as a row of node types, operators and short numbers, without names, comments and layout; each
 * window of so many of these has a hash, and of every few neighbouring hashes the smallest is kept (Schleimer, Wilkerson,
 * Aiken 2003). Two sources share a piece of code of some length exactly if they share such a hash. What the handout gave to
 * everyone is left out. It shows where to look, and proves nothing.
 */
import { parseSource, type Tree, walk } from './parse.ts';

/** Tokens that make a fingerprint, and hashes of which one is kept. */
const gram = 12;
const window = 8;

/** The row of a tree. */
export function tokensOf(tree: Tree): string[] {
  const tokens: string[] = [];
  walk(tree, ({ type, operator, kind }) => {
    if (type === 'ParenthesizedExpression' || type === 'EmptyStatement') return;
    tokens.push([type, operator ?? '', type === 'VariableDeclaration' ? '' : (kind ?? '')].join(' '));
  });
  return tokens;
}

/** FNV-1a. */
const start = 0x811c9dc5;
const mixed = (h: number, n: number): number => Math.imul(h ^ n, 0x01000193);

/** Of each token; there are few different ones. */
const tokenHashes = new Map<string, number>();
function hashOf(token: string): number {
  let h = tokenHashes.get(token);
  if (h === undefined) {
    h = start;
    for (let i = 0; i < token.length; i++) h = mixed(h, token.charCodeAt(i));
    tokenHashes.set(token, h);
  }
  return h;
}

/** Of a row of tokens from `from` on. */
function gramHash(tokens: readonly number[], from: number): number {
  let h = start;
  for (let i = from; i < from + gram; i++) {
    h = mixed(h, tokens[i] as number);
    // A product carries upwards alone: what is above comes down.
    h ^= h >>> 15;
  }
  return h >>> 0;
}

/** The fingerprints of a tree, or of a part of one. */
export function printsOf(tree: Tree): Set<number> {
  const tokens = tokensOf(tree).map(hashOf);
  const hashes: number[] = [];
  for (let i = 0; i + gram <= tokens.length; i++) hashes.push(gramHash(tokens, i));
  const kept = new Set<number>();
  for (let i = 0; i < Math.max(1, hashes.length - window + 1) && hashes.length > 0; i++) {
    let least = hashes[i] as number;
    for (let k = i + 1; k < i + window && k < hashes.length; k++)
      least = Math.min(least, hashes[k] as number);
    kept.add(least);
  }
  return kept;
}

/** Those of a source; of one that is no JavaScript none. */
export function fingerprints(text: string): Set<number> {
  try {
    return printsOf(parseSource(text, 'a hand-in', []).tree);
  } catch {
    return new Set();
  }
}

/** Those of a source that are not in what was given. */
export function ownPrints(text: string, given: string): Set<number> {
  const common = fingerprints(given);
  return new Set([...fingerprints(text)].filter((print) => !common.has(print)));
}

export interface Alike {
  readonly a: string;
  readonly b: string;
  /** Of the smaller one, 0 to 1: how much is in the other too. */
  readonly share: number;
  /** Fingerprints in both. */
  readonly common: number;
}

/** Below so many fingerprints there is nothing to compare. */
const leastPrints = 8;

/** Pairs of hand-ins, the most alike first. @param given what everybody has from the handout */
export function similarity(handins: ReadonlyMap<string, string>, given: string): Alike[] {
  const prints = [...handins].map(([name, text]) => ({ name, own: ownPrints(text, given) }));
  const pairs: Alike[] = [];
  prints.forEach(({ name: a, own: left }, i) => {
    for (const { name: b, own: right } of prints.slice(i + 1)) {
      const least = Math.min(left.size, right.size);
      if (least < leastPrints) continue;
      let both = 0;
      for (const print of left) if (right.has(print)) both++;
      pairs.push({ a, b, share: both / least, common: both });
    }
  });
  return pairs.sort((x, y) => y.share - x.share || y.common - x.common || (x.a < y.a ? -1 : 1));
}
