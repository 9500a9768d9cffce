/**
 * Programs of test/fixtures/recorder, compiled for the tests that record them, and what a recording of one says.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  OperationBatch,
  opAllocate,
  opFree,
  opMoveFrom,
  opMoveTo,
} from '../../../lib/lab/trace/operations.ts';
import { TraceReader } from '../../../lib/lab/trace/reader.ts';
import type { Recorded } from '../../../lib/lab/trace/recorded.ts';

const source = fileURLToPath(new URL('../../fixtures/recorder/scenes.c', import.meta.url));

/** A folder of its own with the program `scenes`, linked statically if asked for. */
export function compileScenes(flags: readonly string[] = []): {
  readonly folder: string;
  readonly program: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-record-'));
  const program = join(folder, 'scenes');
  execFileSync('cc', ['-O1', '-fno-builtin', '-w', '-pthread', ...flags, '-o', program, source]);
  return { folder, program };
}

export interface Told {
  readonly ops: number;
  /** Allocations by size. */
  readonly sizes: ReadonlyMap<number, number>;
  /** By size: how the last one was asked for, in words. */
  readonly calls: ReadonlyMap<number, string>;
  readonly threads: number;
  readonly recorded: Recorded | undefined;
  /** Allocations at addresses that were alive, and frees of what was not. */
  readonly twice: number;
  readonly unknown: number;
  /** The last time, microseconds; and whether one was less than that before. */
  readonly lastTime: number;
  readonly backwards: boolean;
}

/** Reads a recording, packed or raw, and holds its order against the rule: no address is given out twice. */
export async function told(file: string): Promise<Told> {
  const reader = await TraceReader.open(file, true);
  const batch = new OperationBatch();
  const live = new Set<number>();
  const sizes = new Map<number, number>();
  const calls = new Map<number, string>();
  const threads = new Set<number>();
  let [ops, twice, unknown, lastTime, backwards] = [0, 0, 0, 0, false];
  try {
    while (await reader.fill(batch)) {
      ops += batch.count;
      for (let i = 0; i < batch.count; i++) {
        const [kind, pointer, size] = [batch.kinds[i], batch.pointers[i], batch.sizes[i]];
        if (kind === opAllocate) calls.set(size, batch.wordsOf(i).replace(/ = .*/, ''));
        threads.add(batch.threads[i]);
        backwards ||= batch.times[i] < lastTime - 1000;
        lastTime = Math.max(lastTime, batch.times[i]);
        if (kind === opFree || kind === opMoveFrom) {
          if (!live.delete(pointer)) unknown++;
        } else if (pointer !== 0) {
          if (live.has(pointer)) twice++;
          live.add(pointer);
        }
        if (kind === opAllocate || kind === opMoveTo) sizes.set(size, (sizes.get(size) ?? 0) + 1);
      }
    }
    return {
      ops,
      sizes,
      calls,
      threads: threads.size,
      recorded: reader.recorded,
      twice,
      unknown,
      lastTime,
      backwards,
    };
  } finally {
    await reader.close();
  }
}

/** The recordings of other processes beside one. */
export function childrenOf(folder: string, stem: string): string[] {
  const beside = join(folder, `${stem}.children`);
  return readdirSync(beside)
    .sort()
    .map((name) => join(beside, name));
}
