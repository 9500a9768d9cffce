/** Reads where GODEBUG=sbrk=1 has handed out nothing, or what of it was taken away: the process dies, and the report says where that was. */
import { Heap, runtimeOf } from '../../../lib/api/heap.ts';
import { bytes, pageSize } from '../../../lib/base/units.ts';
import type { Generation } from '../../../lib/design/design.ts';
import { pageWordsShift, windowPageMask } from '../../../lib/spans/object-memory.ts';

const [, , how, generation] = process.argv as [string, string, string, Generation];
const heap = new Heap({ environment: false, reach: 2 ** 28, generation, sbrk: true });
const addr = heap.malloc(100 * pageSize);
const { memory, spans, state } = runtimeOf(heap);
const first = state.arenas.pageOf(addr as never);
process.stdout.write(`${addr.toString(16)}\n`);
if (how === 'within') memory.sys.fault(addr, bytes(100 * pageSize), 'other');
const page = first + (how === 'within' ? 3 : 300);
process.stdout.write(`${spans.memory.words(page)[((page & windowPageMask) << pageWordsShift) + 1]}`);
