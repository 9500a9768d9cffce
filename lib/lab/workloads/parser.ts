/**
 * parser: texts become trees that are looked at once and then are done with, as a server's requests are. It comes twice:
 *
 *   parser          each tree's objects are the heap's; a collection finds that they are done with
 *   parser-arenas   each tree has a user arena, which is freed
 *
 * A text is a made-up document of lists, names and numbers. Of a batch of texts all trees live at a time; then they are
 * given up together. What both print, the sums of all trees, is the same.
 *
 * A tree is built from above: an object is linked into it before the next one is made, so that its root alone holds it.
 */
import type { HeapType } from '../../api/heap-type.ts';
import type { Root } from '../../api/root.ts';
import type { UserArena } from '../../api/user-arena.ts';
import type { Mulberry32 } from './random.ts';
import { mib, question, type Workload, type WorkloadContext } from './workload.ts';

const fields = { next: 'pointer', first: 'pointer', text: 'pointer', length: 'u32', value: 'f64' } as const;
const open = 0x5b;
const close = 0x5d;
const space = 0x20;
const quote = 0x22;

/** Bytes of a text, trees of a batch, batches. */
const textBytes = mib / 2;
const batch = 12;
const batches = 4;
const pauseSeconds = 1;
/** How deep lists lie in lists. */
const deepest = 12;

/** A text: lists in brackets, numbers, and names in quotes, with spaces between. */
function makeText(random: Mulberry32, length: number): Uint8Array {
  const text = new Uint8Array(length + deepest + 40);
  let at = 0;
  let depth = 0;
  const put = (byte: number): void => void (text[at++] = byte);
  put(open);
  while (at < length) {
    const what = random.below(16);
    if (what < 2 && depth < deepest) {
      put(open);
      depth++;
    } else if (what < 4 && depth > 0) {
      put(close);
      depth--;
    } else if (what < 9) {
      put(quote);
      for (let n = 3 + random.below(20); n > 0; n--) put(0x61 + random.below(26));
      put(quote);
    } else {
      for (let n = 1 + random.below(6); n > 0; n--) put(0x30 + random.below(10));
    }
    put(space);
  }
  for (; depth >= 0; depth--) put(close);
  return text.subarray(0, at);
}

/** What hands out the parts of a tree. */
interface Source {
  node(): number;
  bytes(size: number): number;
}

class Parser {
  objects = 0;
  bytes = 0;
  readonly #node: HeapType<typeof fields>;
  readonly #write: (addr: number, text: Uint8Array) => void;

  constructor(node: HeapType<typeof fields>, write: (addr: number, text: Uint8Array) => void) {
    this.#node = node;
    this.#write = write;
  }

  /** Parses a text below a node that holds the tree. */
  parse(text: Uint8Array, top: number, source: Source): void {
    const { next, first, length, value } = this.#node;
    const parents: number[] = [];
    let parent = top;
    let last = 0;
    const add = (): number => {
      const node = source.node();
      this.objects++;
      this.bytes += this.#node.layout.size;
      if (last === 0) first.set(parent, node);
      else next.set(last, node);
      last = node;
      return node;
    };
    for (let at = 0; at < text.length; at++) {
      const byte = text[at];
      if (byte === space) continue;
      if (byte === open) {
        const node = add();
        parents.push(parent, node);
        parent = node;
        last = 0;
      } else if (byte === close) {
        last = parents.pop() ?? 0;
        parent = parents.pop() ?? top;
      } else if (byte === quote) {
        const end = text.indexOf(quote, at + 1);
        const name = text.subarray(at + 1, end);
        const node = add();
        const bytes = source.bytes(name.length);
        this.#node.text.set(node, bytes);
        length.set(node, name.length);
        this.#write(bytes, name);
        this.objects++;
        this.bytes += name.length;
        at = end;
      } else {
        let n = 0;
        for (; text[at] >= 0x30 && text[at] <= 0x39; at++) n = n * 10 + text[at] - 0x30;
        at--;
        value.set(add(), n);
      }
    }
  }

  /** The sum of all numbers and of the lengths of all names of a tree. */
  sum(top: number): number {
    const { next, first, length, value } = this.#node;
    let sum = 0;
    for (let node = first.get(top); node !== 0; node = next.get(node))
      sum += value.get(node) + length.get(node) + this.sum(node);
    return sum;
  }
}

async function run(c: WorkloadContext, withArenas: boolean): Promise<void> {
  const heap = c.traced();
  const node = heap.type(fields);
  const parser = new Parser(node, (addr, text) => heap.write(addr, text));
  const length = Math.max(1000, Math.round(textBytes * c.scale));
  const plain: Source = { node: () => heap.new(node), bytes: (size) => heap.malloc(size) };
  let total = 0;
  for (let round = 1; round <= batches; round++) {
    const arenas: UserArena[] = [];
    const trees: Root[] = [];
    let sum = 0;
    for (let i = 0; i < batch; i++) {
      const text = makeText(c.random, length);
      const arena = withArenas ? heap.newArena() : undefined;
      if (arena !== undefined) arenas.push(arena);
      const source =
        arena === undefined
          ? plain
          : { node: () => arena.new(node), bytes: (size: number) => arena.malloc(size) };
      const top = source.node();
      trees.push(heap.root(top));
      parser.parse(text, top, source);
      sum += parser.sum(top);
      c.made(parser.objects, parser.bytes / parser.objects);
      parser.objects = 0;
      parser.bytes = 0;
      if (c.due()) await c.turn();
    }
    c.print(`batch ${round}\t trees: ${batch}\t sum: ${sum}`);
    total += sum;
    c.endPhase(`batch ${round} parsed`);
    for (const tree of trees) tree.dispose();
    for (const arena of arenas) arena.free();
    c.endPhase(`batch ${round} done`);
    await c.idle(pauseSeconds);
  }
  c.print(`all\t sum: ${total}`);
  c.gc();
  c.endPhase('collected');
}

const common = {
  questions: [question.rssHigh, question.arenas],
  seed: 1,
  idleSeconds: batches * pauseSeconds,
  peakBytes: 40 * mib,
} as const;

export const parser: Workload = {
  ...common,
  name: 'parser',
  description:
    'Texts of 512 KiB become trees, of which twelve live at a time; each is summed up and then given up. A collection finds ' +
    'that they are done with, and the scavenger gives their memory back some time later. The same program with user ' +
    'arenas is parser-arenas.',
  heap: { liveness: 'tracing' },
  run: (c) => run(c, false),
};

export const parserArenas: Workload = {
  ...common,
  name: 'parser-arenas',
  description:
    'The program parser, with a user arena for each tree: it is freed when the tree is done with, and RSS falls at ' +
    'that moment, without a collection. In the design of 2023 only.',
  heap: { liveness: 'tracing' },
  run: (c) => run(c, true),
};
