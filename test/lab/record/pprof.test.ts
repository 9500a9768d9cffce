/** Memory profiles as files: decoded again, and of whole runs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { afterAll, describe, expect, it } from 'vitest';
import type { MemProfileRecord } from '../../../lib/api/mem-profile.ts';
import { memProfilePathOf } from '../../../lib/lab/record/mem-profile-path.ts';
import { encodeMemProfile } from '../../../lib/lab/record/pprof.ts';
import { readRunFile } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import { workloadCalls } from '../../../lib/lab/run/run-profile.ts';

const folder = mkdtempSync(join(tmpdir(), 'pageheap-pprof-'));
afterAll(() => rmSync(folder, { recursive: true }));

const record = (given: Partial<MemProfileRecord>): MemProfileRecord => ({
  label: undefined,
  stack: [],
  size: 64,
  allocObjects: 0,
  allocBytes: 0,
  freeObjects: 0,
  freeBytes: 0,
  inUseObjects: 0,
  inUseBytes: 0,
  ...given,
});

/** A profile with its texts in place: names of functions from the innermost call, and values. */
function decoded(file: Uint8Array) {
  const profile = Profile.decode(gunzipSync(file));
  const text = (at: number | bigint): string => profile.stringTable.strings[Number(at)] ?? '';
  const functions = new Map(profile.function.map((f) => [Number(f.id), f]));
  const locations = new Map(profile.location.map((l) => [Number(l.id), l]));
  const named = (id: number | bigint): string => {
    const [line] = locations.get(Number(id))!.line;
    const called = functions.get(Number(line!.functionId))!;
    return `${text(called.name)} ${text(called.filename)}:${Number(line!.line)}`;
  };
  return {
    types: profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`),
    shown: text(profile.defaultSampleType),
    period: Number(profile.period),
    time: Number(profile.timeNanos),
    functions: profile.function.length,
    samples: profile.sample.map(({ locationId, value, label }) => ({
      calls: locationId.map(named),
      values: value.map(Number),
      labels: label.map(({ key, num }) => [text(key), Number(num)]),
    })),
  };
}

describe('a profile', () => {
  const inner = { function: 'parse', file: 'file:///a/parser.js', line: 7, column: 3 };
  const outer = { function: '', file: '/a/main.js', line: 2, column: 1 };

  it('has Go’s four values, scaled to what there was', () => {
    const records = [
      record({ stack: [inner, outer], allocObjects: 10, inUseObjects: 4 }),
      record({ stack: [inner, outer], size: 8192, allocObjects: 3, inUseObjects: 3 }),
      record({ label: 'cache', allocObjects: 1 }),
    ];
    const at = new Date(1_700_000_000_000);
    const told = decoded(encodeMemProfile({ rate: 4096, largeAll: false, records }, at));
    expect(told).toMatchObject({
      types: ['alloc_objects/count', 'alloc_space/bytes', 'inuse_objects/count', 'inuse_space/bytes'],
      shown: 'inuse_space',
      period: 4096,
      time: 1_700_000_000_000e6,
      functions: 3,
    });
    const by = (size: number): number => 1 / (1 - Math.exp(-size / 4096));
    const values = (size: number, allocated: number, inUse: number): number[] =>
      [allocated, allocated * size, inUse, inUse * size].map((n) => Math.round(n * by(size)));
    const calls = ['parse /a/parser.js:7', '(anonymous) /a/main.js:2'];
    expect(told.samples).toEqual([
      { calls, values: values(64, 10, 4), labels: [['bytes', 64]] },
      { calls, values: values(8192, 3, 3), labels: [['bytes', 8192]] },
      { calls: ['cache :0'], values: values(64, 1, 0), labels: [['bytes', 64]] },
    ]);
  });

  it('is not scaled where everything was sampled', () => {
    const records = [record({ label: 'x', size: 8192, allocObjects: 3, inUseObjects: 1 })];
    for (const given of [
      { rate: 4096, largeAll: true },
      { rate: 1, largeAll: false },
    ])
      expect(decoded(encodeMemProfile({ ...given, records }, new Date())).samples[0]!.values).toEqual([
        3,
        3 * 8192,
        1,
        8192,
      ]);
  });
});

describe('of a run', () => {
  const frames = (...names: string[]) =>
    names.map((name) => ({
      ...{ function: name, file: name.startsWith('process') ? 'node:internal' : '/w.js' },
      ...{ line: 1, column: 1 },
    }));
  const around = ['WorkloadDrive.run', 'Run.run', 'makeRun'];

  it.each([
    [
      ['Object.node', 'Parser.parse', 'run$4', 'Object.run$12', ...around],
      ['Object.node', 'Parser.parse'],
    ],
    [['HeapTarget.malloc', 'Object.malloc', 'fill', 'Object.run$2', ...around], ['fill']],
    [['HeapTarget.malloc', 'Object.malloc', 'run$2', ...around], ['run']],
    [['grow', 'process.processTicksAndRejections', 'run', ...around], ['grow']],
    [
      ['a', 'Object.run', 'b'],
      ['a', 'Object.run', 'b'],
    ],
    [around, around],
  ])('the calls of a workload are its own: %j', (stack, own) => {
    expect(workloadCalls(frames(...stack)).map((call) => call.function)).toEqual(own);
  });

  it('lies beside the run file, and tells where a workload allocates', async () => {
    const output = join(folder, 'trees.jsonl');
    const heap = { environment: false, memProfileRate: 2048 };
    await makeRun({ workload: { name: 'binary-trees', depth: 10 }, output, heap });
    const { end } = await readRunFile(output);
    expect(end?.memProfile).toBe(memProfilePathOf(output));
    expect(end?.summary?.BuckHashSys).toBeGreaterThan(0);
    const { samples } = decoded(readFileSync(memProfilePathOf(output)));
    for (const { calls } of samples) {
      expect(calls.join('\n')).not.toMatch(/WorkloadDrive|HeapTarget|makeRun|node:/);
      expect(calls[0]).toMatch(/binary-trees/);
    }
    const made = samples
      .filter(({ calls }) => calls[0]?.includes('bottomUp'))
      .reduce((sum, { values }) => sum + values[1]!, 0);
    // 133,102 nodes of 16 bytes.
    expect(Math.abs(made / (Number(end?.ops) * 16) - 1)).toBeLessThan(0.1);
  });
});
