/** Specials of spans, held against a plain map. */
import { expect, test } from 'vitest';
import { smallShape } from '../../lib/heap/span-shape.ts';
import { type SpecialKind, specialKind } from '../../lib/heap/specials.ts';
import { times } from '../support/extent.ts';
import { Random, seedOf } from '../support/random.ts';
import { quietRuntime } from './quiet-runtime.ts';

/** Classes of 16 and of 1024 bytes, neither with pointers. */
const shapes = [
  [5, 16, 512],
  [65, 1024, 8],
] as const;

test.each(['lists', 'radix'] as const)('are found, entered in order and taken away: %s', (generation) => {
  const seed = seedOf('PAGEHEAP_SPECIALS_SEED');
  const random = new Random(seed);
  const { state, alloc, special } = quietRuntime({ generation });
  const { specials } = special;
  const c = specials.rows();
  const spans = shapes.map(([spanClass, size, nelems]) => {
    const s = alloc.heap.allocHeapSpan(0, 1, smallShape(spanClass, size, nelems));
    return { s, size, nelems, base: state.arenas.addressOf(state.spans.columns.startPage[s]!) };
  });
  const model = new Map<number, { s: number; address: number; kind: number }>();
  const noted: number[] = [];
  for (let step = 0; step < times(2000); step++) {
    const { s, size, nelems, base } = random.of(spans);
    const address = base + random.below(nelems) * size + (random.below(4) === 0 ? random.below(size) : 0);
    const kind = (1 + random.below(6)) as SpecialKind;
    const known = [...model].filter(([, m]) => m.s === s && m.address === address && m.kind === kind);
    expect(specials.find(s, address, kind) !== 0).toBe(known.length > 0);
    // It grows for a while, then shrinks.
    if (random.below(10) < (step % 1000 < 500 ? 7 : 2)) {
      const id = specials.add(s, address, kind, step);
      if (known.length > 0 && kind !== specialKind.cleanup) expect([seed, id]).toEqual([seed, -1]);
      else {
        expect(id).toBeGreaterThan(0);
        expect(model.has(id)).toBe(false);
        model.set(id, { s, address, kind });
      }
    } else if (model.size > 0) {
      const [id, { s: of }] = random.of([...model]);
      specials.unlink(of, id);
      specials.free(id);
      model.delete(id);
    }
    if (step % 50 !== 0) continue;
    noted.length = 0;
    specials.eachNoted((span) => noted.push(span));
    for (const { s: span } of spans) {
      const wanted = [...model].filter(([, m]) => m.s === span);
      const found: number[] = [];
      for (let id = specials.spans.first[span]!; id !== 0; id = c.next[id]!) found.push(id);
      expect([seed, step, new Set(found)]).toEqual([seed, step, new Set(wanted.map(([id]) => id))]);
      for (let i = 1; i < found.length; i++) {
        const [a, b] = [found[i - 1]!, found[i]!];
        expect(c.address[a]! - c.address[b]! || c.kind[a]! - c.kind[b]!).toBeLessThanOrEqual(0);
      }
      expect(specials.isIndexRight(span)).toBe(true);
      expect(noted.includes(span)).toBe(wanted.length > 0);
    }
  }
  expect(specials.live).toBe(model.size);
  for (const [id, { s }] of model) specials.unlink(s, id);
  expect(spans.map(({ s }) => [specials.spans.first[s], specials.spans.index[s]])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});
