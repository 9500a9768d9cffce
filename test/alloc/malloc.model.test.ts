/** A few random lives of a heap in each way to be collected; more and longer ones: test/long/alloc/malloc.model.test.ts. */
import { testMallocModel } from './malloc-model.ts';

testMallocModel({ sequences: 2, length: 150, heaps: 1, operations: 5000 });
