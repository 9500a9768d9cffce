/** Memory refused at every request while a heap is made, and at a dense spread of those that follow. */
import { testRefusals } from '../../support/refused-memory.ts';

testRefusals({ rounds: 3, made: Infinity, later: 60, whiles: 20 });
