import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { optionTables, withOptionTable } from '../../lib/cli/option-docs.ts';
import { designOptions, type Generation } from '../../lib/design/design.ts';
import { presets } from '../../lib/design/generations.ts';
import { number } from '../../lib/design/kinds.ts';
import type { Options } from '../../lib/design/option.ts';
import { optionTable, readOptions, recordOptions } from '../../lib/design/option-table.ts';
import { type HeapOptions, heapOptions, resolveOptions, surroundings } from '../../lib/design/options.ts';
import { tuningOptions } from '../../lib/design/tuning.ts';
import { samplingOptions, traceOptions, workloadOptions } from '../../lib/lab/subject/subject-options.ts';
import type { SetupViews } from '../../lib/meta/column.ts';
import type { PageHeapClass } from '../../lib/pages/contract.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const runOptions: Options = { ...traceOptions, ...workloadOptions, ...samplingOptions };
const declared: Options = { ...designOptions, ...heapOptions, ...runOptions };

describe('a declaration', () => {
  it.each(Object.entries(declared))(
    'of %s has a default of its kind, which its text gives again',
    (name, o) => {
      const { kind } = o;
      const values = o.default === undefined ? [] : [o.default];
      for (const preset of Object.values(presets)) {
        const value = (preset as unknown as Record<string, unknown>)[name];
        if (value !== undefined) values.push(value);
      }
      for (const value of values) {
        expect(kind.fault(value)).toBeUndefined();
        expect(kind.parse(kind.format(value))).toBe(value);
        expect(kind.unpack(kind.pack(value))).toBe(value);
      }
      expect(o.help).toMatch(/[^.\s]$/);
    },
  );

  it('of a flag is the only one with that flag', () => {
    const flags = Object.values(declared).flatMap(({ flag }) => (flag === undefined ? [] : [flag]));
    expect(new Set(flags).size).toBe(flags.length);
    expect(flags.length).toBeGreaterThan(25);
  });

  it('gives the exact type', () => {
    expectTypeOf<HeapOptions['advise']>().toEqualTypeOf<'dontneed' | 'free' | undefined>();
    expectTypeOf<HeapOptions['pageHeap']>().toEqualTypeOf<Generation | PageHeapClass | undefined>();
    expectTypeOf<HeapOptions['scavengeAfter']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<HeapOptions['collect']>().toEqualTypeOf<boolean | undefined>();
  });

  it('has a doc comment, which is that of the member', () => {
    const source = ['design', 'options', 'surroundings']
      .map((f) => readFileSync(`${root}/lib/design/${f}.ts`, 'utf8'))
      .join('');
    for (const name of Object.keys({ ...designOptions, ...heapOptions, ...surroundings }))
      expect(source, name).toMatch(new RegExp(`\\*/\n  ${name}: \\{`));
  });
});

describe('a size as a text', () => {
  const resolved = (options: HeapOptions) => resolveOptions({ environment: false, ...options });

  it('is what the command line takes it for', () => {
    const { memoryLimit, reach, rootBytes, design } = resolved({
      memoryLimit: '200MiB',
      reach: '1GiB',
      rootBytes: '24MiB',
      growthUnit: '8MiB',
    });
    expect([memoryLimit, reach, rootBytes, design.growthUnit]).toEqual([
      200 * 2 ** 20,
      2 ** 30,
      24 * 2 ** 20,
      8 * 2 ** 20,
    ]);
    expect(resolved({ memoryLimit: 'off' }).memoryLimit).toBe(resolved({}).memoryLimit);
    expect(resolved({ memoryLimit: '1048576' }).memoryLimit).toBe(2 ** 20);
  });

  it('has a type: units that are none do not compile', () => {
    expectTypeOf<'4MiB'>().toExtend<HeapOptions['growthUnit']>();
    expectTypeOf<'4MB'>().not.toExtend<HeapOptions['growthUnit']>();
    expectTypeOf<'off'>().toExtend<HeapOptions['memoryLimit']>();
    expectTypeOf<'off'>().not.toExtend<HeapOptions['reach']>();
  });

  it.each([
    [
      { memoryLimit: '200MB' },
      /^option memoryLimit: must be bytes, or an integer with B, .*, or off, not '200MB'$/,
    ],
    [{ reach: '100MiB' }, /^option reach: must be a multiple of 67108864, not 104857600$/],
    [{ rootBytes: '2TiB' }, /^option rootBytes: must be a whole number from 0 to/],
    [{ gcPercent: '100' }, /^option gcPercent: must be a whole number below/],
  ])('that is none is refused: %o', (options, message) => {
    expect(() => resolved(options as never)).toThrow(message);
  });
});

describe('options in the heap’s memory', () => {
  /** Views over plain arrays. */
  function views(): SetupViews<typeof optionTable> {
    return Object.fromEntries(
      Object.entries(optionTable.columns).map(([name, { kind }]) => [
        name,
        kind === 'i32' ? new Int32Array(1) : new Float64Array(1),
      ]),
    ) as unknown as SetupViews<typeof optionTable>;
  }

  it.each<[string, HeapOptions]>([
    ['lists', { generation: 'lists' }],
    ['treap, reusing', { generation: 'treap', scavengeOnReuse: true, scavengeAfter: 1 }],
    ['radix, never', { forcedGCPeriod: Number.POSITIVE_INFINITY, collect: false, nameMappings: false }],
    ['a custom page heap', { pageHeap: class {} as unknown as PageHeapClass, historicalScavengeGoal: true }],
  ])('are read as they were written: %s', (_what, options) => {
    const resolved = resolveOptions({ ...options, environment: false });
    const memory = views();
    recordOptions(memory, resolved);
    const { design, ...others } = readOptions(memory);
    const { advise: _advise, pageHeapClass: _class, ...kept } = resolved.design;
    expect(design).toEqual(kept);
    expect(resolved).toMatchObject(others);
    expect(Object.keys(others)).toEqual(
      Object.entries({ ...tuningOptions, ...heapOptions } as Options)
        .filter(([, { kept }]) => kept === true)
        .map(([name]) => name),
    );
  });
});

describe('the documents', () => {
  it.each(optionTables)('$document has the table of options: $name', ({ document, name, table }) => {
    const text = readFileSync(`${root}/${document}`, 'utf8');
    expect(withOptionTable(text, name, table)).toBe(text);
  });
});

it.each([
  ['0.25', 0.25],
  ['.25', 0.25],
  ['3', 3],
  ['.', undefined],
  ['3.', undefined],
  ['-.5', undefined],
  ['', undefined],
  ['0x1', undefined],
])('a number on the command line: %j is %j', (text, value) => {
  expect(number(0, 8).parse(text)).toBe(value);
});
