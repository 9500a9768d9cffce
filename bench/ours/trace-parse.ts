/**
 * Reading and parsing an mtrace file: nanoseconds a line, and by how many bytes the process grew
 * between an eighth of the last reading and its end: memory must not follow the length of a file.
 */

import { forEachBatch } from '../../lib/lab/trace/reader.ts';
import { figures } from '../workload.ts';
import { caseParams, emit, now } from './entry.ts';
import { withMadeTrace } from './made-trace.ts';

const params = caseParams({ lines: 'any', repeats: 'any' });
const lines = params.number('lines');

await withMadeTrace(lines, async (file) => {
  const times: number[] = [];
  let growth = 0;
  for (let i = 0; i <= params.number('repeats'); i++) {
    let parsed = 0;
    let early = 0;
    const start = now();
    await forEachBatch(file, (batch) => {
      parsed += batch.count;
      if (early === 0 && parsed >= lines / 8) early = process.memoryUsage.rss();
    });
    const elapsed = now() - start;
    if (parsed !== lines) throw new Error(`${parsed} operations were parsed of ${lines}`);
    growth = Math.max(0, process.memoryUsage.rss() - early);
    if (i > 0) times.push(elapsed / lines);
  }
  emit({ name: 'trace-parse', params: params.all, ...figures(times) });
  emit({ name: 'trace-parse', params: { ...params.all, what: 'growth' }, bytes: growth });
});
