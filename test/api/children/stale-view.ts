/** Looks through a view at memory that was given back: the process dies, and the report says of what. */
import { Heap } from '../../../lib/api/heap.ts';

const heap = new Heap({ environment: false, reach: 2 ** 28, liveness: 'tracing' });
const arena = heap.newArena();
const view = heap.view(arena.malloc(4096), 4096);
view.fill(7);
process.stdout.write(`0x${(heap.ranges().at(-1)?.base ?? 0).toString(16)}\n`);
arena.free();
if (process.argv[2] === 'recycled') heap.gc();
process.stdout.write(`${view[17]}`);
