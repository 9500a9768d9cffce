/** What a run writes is nothing that it reads, and no two of it are one file. */
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { RunFileWriter } from '../../../lib/lab/record/run-file.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';
import type { RunOptions } from '../../../lib/lab/run/run-options.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-outputs-'));
afterAll(() => rmSync(root, { recursive: true }));
const text = 'tracealloc(0x10, 0x20)\ntracefree(0x10, 0x20)\n';
let folder = root;
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
  writeFileSync(at('in'), text);
  linkSync(at('in'), at('hard'));
  symlinkSync('in', at('soft'));
  writeFileSync(at('in.pb.gz'), text);
});

const run = (options: Partial<RunOptions>) =>
  makeRun({
    ...{ trace: at('in'), seconds: 0, idle: 0, collections: 0, output: at('run.jsonl') },
    ...{ heap: { environment: false } },
    ...options,
  });

/** Each output, given a file. */
const outputs: readonly [string, (file: string) => Partial<RunOptions>][] = [
  ['the run file', (output) => ({ output })],
  ['the heap dumps', (heapDump) => ({ heapDump })],
  ['the trace of allocations', (allocFreeTrace) => ({ heap: { environment: false, allocFreeTrace } })],
  ['the page trace', (pageTrace) => ({ heap: { environment: false, pageTrace } })],
];

describe.each(outputs)('%s', (what, given) => {
  test.each(['in', 'hard', 'soft'])('is not the input: %s', async (name) => {
    await expect(run(given(at(name)))).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(/this is the input/),
    });
    expect(readFileSync(at('in'), 'utf8')).toBe(text);
  });

  test.each(['helper.mjs', 'helper.ts', 'link'])(
    'is not a module, which an input may import: %s',
    async (name) => {
      const target = name === 'link' ? 'helper.js' : name;
      writeFileSync(at(target), 'export {};\n');
      if (name === 'link') symlinkSync(target, at(name));
      await expect(run(given(at(name)))).rejects.toMatchObject({
        code: 'ERR_FILE',
        message: expect.stringMatching(/this is a module; writing the output there would lose it/),
      });
      expect(readFileSync(at(target), 'utf8')).toBe('export {};\n');
    },
  );

  test('is not what another run is writing', async () => {
    const writer = new RunFileWriter(at('live'));
    try {
      symlinkSync('live', at('link'));
      for (const name of ['live', 'link'])
        await expect(run(given(at(name)))).rejects.toMatchObject({
          code: 'ERR_FILE',
          message: expect.stringMatching(/has not ended/),
        });
    } finally {
      writer.close();
    }
  });

  test.each(outputs.filter(([other]) => other !== what))('is not %s, too', async (_, other) => {
    const both = (a: string, b: string): Partial<RunOptions> => {
      const [one, two] = [given(a), other(b)];
      return { ...one, ...two, heap: { environment: false, ...one.heap, ...two.heap } };
    };
    const refused = { code: 'ERR_FILE', message: expect.stringMatching(/cannot both go into one file/) };
    // Not there yet, by another name; and there.
    symlinkSync('new', at('link'));
    await expect(run(both(at('new'), join(folder, '.', 'link')))).rejects.toMatchObject(refused);
    expect(existsSync(at('new'))).toBe(false);
    writeFileSync(at('new'), 'kept');
    linkSync(at('new'), at('same'));
    await expect(run(both(at('new'), at('same')))).rejects.toMatchObject(refused);
    expect(readFileSync(at('new'), 'utf8')).toBe('kept');
  });
});

test('the memory profile is one of them', async () => {
  const heap = { environment: false, memProfileRate: 1 };
  const sampled = { heap, output: at('in.jsonl') };
  await expect(run({ ...sampled, trace: at('in.pb.gz') })).rejects.toMatchObject({ code: 'ERR_FILE' });
  await expect(run({ ...sampled, heapDump: at('in.pb.gz') })).rejects.toMatchObject({ code: 'ERR_FILE' });
  expect(readFileSync(at('in.pb.gz'), 'utf8')).toBe(text);
  await run({ heap, output: at('in.jsonl'), heapDump: at('dump') });
  expect(readFileSync(at('in.pb.gz'))[0]).toBe(0x1f);
});

test('the file that the environment names is one of them', async () => {
  const before = process.env.GODEBUG;
  process.env.GODEBUG = `pagetrace=${at('soft')}`;
  try {
    await expect(run({ heap: { generation: 'radix' } })).rejects.toMatchObject({ code: 'ERR_FILE' });
  } finally {
    if (before === undefined) delete process.env.GODEBUG;
    else process.env.GODEBUG = before;
  }
  expect(readFileSync(at('in'), 'utf8')).toBe(text);
});

test('what is no file takes two', async () => {
  await run({ heap: { environment: false, pageTrace: '/dev/null', allocFreeTrace: '/dev/null' } });
  expect(readFileSync(at('run.jsonl'), 'utf8')).toMatch(/"reason":"done"/);
});
