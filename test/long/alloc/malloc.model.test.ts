/** Random lives of a heap against a naive model, many and long. */
import { testMallocModel } from '../../alloc/malloc-model.ts';

testMallocModel({ sequences: 60, length: 400, heaps: 20, operations: 20_000 });
