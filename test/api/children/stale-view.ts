/** Looks through a view at memory that was given back: the process dies, and the report says of what. */
import { Heap } from '../../../lib/api/heap.ts';
import type { Generation } from '../../../lib/design/design.ts';

const [, , how, generation] = process.argv as [string, string, string, Generation];
const isFenced = how === 'fenced';
const heap = new Heap({
  environment: false,
  reach: 2 ** 28,
  generation,
  liveness: isFenced ? 'explicit' : 'tracing',
  efence: isFenced,
});
const arena = isFenced ? undefined : heap.newArena();
const addr = arena === undefined ? heap.malloc(64) : arena.malloc(4096);
const view = heap.view(addr, 64);
view.fill(7);
if (arena === undefined) heap.drop(addr);
else arena.free();
if (how !== 'quarantined') heap.gc();
process.stdout.write(`${view[17]}`);
