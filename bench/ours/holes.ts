/** A random free and allocation of 1 to 16 pages among so many holes, in one of the three page heaps. */

import { makers, measure, prepare } from '../../lib/lab/questions/measure/among-holes.ts';
import { figures } from '../workload.ts';
import { caseParams, emit } from './entry.ts';

const params = caseParams({ heap: Object.keys(makers), holes: 'any', pairs: 'any', rounds: 'any' });
const pairs = params.number('pairs');
const prepared = prepare(params.text('heap'), 'small', params.number('holes'));
const times: number[] = [];
// V8 compiles during the first two.
for (let i = -2; i < params.number('rounds'); i++) {
  const ns = measure(prepared, 'small', pairs);
  if (i >= 0) times.push(ns);
}
emit({ name: 'holes', params: params.all, ...figures(times) });
prepared.dispose();
