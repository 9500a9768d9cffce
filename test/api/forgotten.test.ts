/** What JavaScript has forgotten is given up, also where heaps have come and gone before with such things of theirs. */
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

// In a process of its own: what V8 does about registries that die is for its whole process.
const program = (library: string): string => `
import { Heap } from ${JSON.stringify(library)};
const turns = async (n) => { for (let i = 0; i < n; i++) await new Promise((r) => setImmediate(r)); };
const make = () => new Heap({ environment: false, liveness: 'tracing', reach: '64MiB' });
const forget = (heap, n) => { for (let i = 0; i < n; i++) heap.root(heap.malloc(64)); };
for (let round = 0; round < 20; round++) {
  (() => {
    const heap = make();
    forget(heap, 10);
    gc();
    heap.dispose();
  })();
  gc();
  gc();
  await turns(2);
}
const heap = make();
forget(heap, 10);
(() => heap.own({}, heap.malloc(64)))();
const kept = heap.root(heap.malloc(64));
const living = () => { heap.malloc(0); heap.gc(); return heap.readMemStats().HeapObjects; };
let left = living();
for (let i = 0; i < 50 && left > 2; i++) { gc(); await turns(10); left = living(); }
console.log(left, kept.address !== 0);
`;

it('goes on in a process whose heaps were forgotten, with callbacks due', () => {
  const library = pathToFileURL('dist/lib/index.js').href;
  const out = execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', program(library)], {
    encoding: 'utf8',
  });
  const [left, kept] = out.trim().split(' ');
  expect(Number(left)).toBeLessThanOrEqual(2);
  expect(kept).toBe('true');
});
