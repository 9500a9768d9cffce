/** Reading and parsing an mtrace file: nanoseconds a line. */

import { forEachBatch } from '../../lib/lab/trace/reader.ts';
import { median } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { withMadeTrace } from './made-trace.ts';

const params = caseParams();
const lines = params.number('lines');

await withMadeTrace(lines, async (file) => {
  const times: number[] = [];
  for (let i = 0; i <= params.number('repeats'); i++) {
    let parsed = 0;
    const start = now();
    await forEachBatch(file, (batch) => {
      parsed += batch.count;
    });
    const elapsed = now() - start;
    if (parsed !== lines) throw new Error(`${parsed} operations were parsed of ${lines}`);
    if (i > 0) times.push(elapsed / lines);
  }
  emit({ name: 'trace-parse', params: params.all, ns: median(times) });
});
