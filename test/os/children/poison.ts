/** Looks, through the addon, at a page of the heap that was freed. */
import { Heap, runtimeOf } from '../../../lib/api/heap.ts';

const heap = new Heap({ environment: false, reach: 2 ** 28, scavenge: false });
const { sys } = runtimeOf(heap).memory;
const addr = heap.malloc(100_000);
heap.write(addr, new Uint8Array(100_000).fill(7));
sys.peek(addr, 100_000);
heap.drop(addr);
heap.gc();
process.stdout.write('freed\n');
const look = process.argv[2];
if (look === 'read') sys.peek(addr + 5000, 10);
if (look === 'fill') sys.fill(addr + 5000, 10, 1);
if (look === 'copy') sys.copy(addr, addr + 5000, 10);
// Used again it is memory again, and so it is when the heap is gone.
const again = heap.malloc(100_000);
heap.write(again, new Uint8Array(100_000));
heap.drop(again);
heap.gc();
heap.dispose();
const other = new Heap({ environment: false, reach: 2 ** 28 });
other.write(other.malloc(50_000), new Uint8Array(50_000));
process.stdout.write('done\n');
