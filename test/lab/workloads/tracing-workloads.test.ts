/** The workloads that trace, but for the trees: what they print, on which designs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Generation, generations } from '../../../lib/design/design.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import { isWhole, those } from '../../support/extent.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-tracing-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function runOf(name: string, generation: Generation, scale: number, markOrder?: 'objects' | 'spans') {
  const output = join(folder, `${name}-${generation}-${markOrder ?? ''}.jsonl`);
  await makeRun({
    workload: { name, scale, timeScale: 0 },
    output,
    heap: {
      environment: false,
      generation,
      gcPercent: 25,
      ...(markOrder === undefined ? {} : { markOrder }),
    },
  });
  return readRunFile(output);
}

describe('lru-cache', () => {
  it.each(those(generations, (each) => each === 'lists'))(
    'comes to the same with either liveness, every entry finalized once: %s',
    async (generation) => {
      for (const liveness of ['explicit', 'tracing'] as const) {
        const output = join(folder, `lru-${generation}-${liveness}.jsonl`);
        const heap = { environment: false, generation, liveness, gcPercent: 50 };
        await makeRun({ workload: { name: 'lru-cache', scale: 0.01, timeScale: 0 }, output, heap });
        const { header, end, phases, samples } = await readRunFile(output);
        expect(header.options).toMatchObject({ liveness });
        expect(end?.output).toEqual(['hits: 1808\t evicted: 1493\t finalized: 1493']);
        expect(phases.map(({ name }) => name)).toEqual(['filled', 'used', 'emptied', 'finalized', 'done']);
        // Where the heap traces, what was allocated last is there to the end.
        expect(phases.at(-1)?.alloc).toBeLessThan(5000);
        expect(samples.at(-1)).toMatchObject({ fin: 1493, finRun: 1493 });
      }
    },
  );
});

describe('mutating-graph', () => {
  it.each(those(generations, (each) => each === 'treap'))(
    'comes to the same with either kind of marking: %s',
    async (generation) => {
      for (const marking of ['stop-the-world', 'incremental'] as const) {
        const output = join(folder, `graph-${generation}-${marking}.jsonl`);
        const heap = { environment: false, generation, marking, gcPercent: 25 };
        await makeRun({ workload: { name: 'mutating-graph', scale: 0.005, timeScale: 0 }, output, heap });
        const { header, end, collections } = await readRunFile(output);
        expect(header.options).toMatchObject({ liveness: 'tracing', marking });
        expect(end?.output).toEqual(['5120 nodes can be reached\t check: 1443328']);
        const { pauseMs = 0, assistMs = 0, backgroundMs = 0 } = collections.at(-1)!;
        expect(pauseMs).toBeGreaterThan(0);
        expect(assistMs + backgroundMs > 0).toBe(marking === 'incremental');
      }
    },
  );
});

describe('linked-list', () => {
  it.each(those(generations, (each) => each === 'radix'))('prints the known sums: %s', async (generation) => {
    for (const markOrder of ['objects', 'spans'] as const) {
      const { end, phases } = await runOf('linked-list', generation, 0.005, markOrder);
      expect(end?.output).toEqual([
        'made\t nodes: 1250\t sum: 781875',
        'round 4\t nodes: 1250\t sum: 7720155',
        'round 8\t nodes: 1250\t sum: 14755155',
        'round 12\t nodes: 1250\t sum: 21790155',
      ]);
      expect(phases.at(-1)?.name).toBe('given up');
    }
  });
});

describe('parser', () => {
  it('comes to the same with user arenas, on a heap that is empty whenever they were freed', async () => {
    const plain = await runOf('parser', 'radix', 0.01);
    const arenas = await runOf('parser-arenas', 'radix', 0.01);
    expect(plain.end?.output).toHaveLength(5);
    expect(arenas.end?.output).toEqual(plain.end?.output);
    for (const generation of isWhole ? (['treap', 'lists'] as const) : [])
      expect((await runOf('parser', generation, 0.01)).end?.output).toEqual(plain.end?.output);
    for (const { name, inuse } of arenas.phases) {
      if (name.endsWith('parsed')) expect(inuse, name).toBe(12 * 8 * 2 ** 20);
      if (name.endsWith('done')) expect(inuse, name).toBe(0);
    }
  });

  it.each(['lists', 'treap'] as const)('user arenas are refused by %s', async (generation) => {
    await expect(runOf('parser-arenas', generation, 0.01)).rejects.toMatchObject({
      code: 'ERR_WRONG_GENERATION',
    });
  });
});
