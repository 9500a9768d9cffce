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

/** FNV-1a over a text. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

export function fingerprints(text: string): Set<number> {
  let tokens: string[];
  try {
    tokens = tokensOf(parseSource(text, 'a hand-in', []).tree);
  } catch {
    return new Set();
  }
  const hashes: number[] = [];
  for (let i = 0; i + gram <= tokens.length; i++) hashes.push(hash(tokens.slice(i, i + gram).join('|')));
  const kept = new Set<number>();
  for (let i = 0; i < Math.max(1, hashes.length - window + 1) && hashes.length > 0; i++)
    kept.add(hashes.slice(i, i + window).reduce((least, h) => Math.min(least, h), 2 ** 32));
  return kept;
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
  const common = fingerprints(given);
  const prints = [...handins].map(([name, text]) => {
    const own = [...fingerprints(text)].filter((print) => !common.has(print));
    return { name, own: new Set(own) };
  });
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
