/**
 * What is measured, against whom, and what must be reached.
 *
 * A target is an upper bound on the ratio of ours to a rival's, both medians, or on what ours is above it. Targets
 * without a rival are absolute. workload.ts says what each case does.
 */

export interface Target {
  /** Which part of a case that reports several. */
  readonly what?: string;
  /** The participant to divide by; absent for an absolute bound in nanoseconds or bytes. */
  readonly against?: string;
  /** The bound is on the difference to that participant, in nanoseconds or bytes, not on the ratio. */
  readonly above?: boolean;
  readonly atMost: number;
}

export interface Case {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly targets: readonly Target[];
}

export interface CaseOptions {
  /** Fewer cases and shorter ones: shows that everything works, not how fast it is. */
  readonly quick: boolean;
  /** The recorded traces of Go's page allocator that were found: name and file. */
  readonly traces: readonly (readonly [name: string, file: string])[];
  /** The allocation trace of a real program, if it was found. */
  readonly program: string | undefined;
}

/** Every case, in the order of the report. */
export function allCases(options: CaseOptions): Case[] {
  return [
    ...mallocCases(options),
    ...tracedCases(options),
    ...markCases(options),
    ...dropCases(options),
    ...spanCases(options),
    ...pageCases(options),
    ...traceCases(options),
    ...otherCases(options),
  ];
}

/** By the order of drops and the size. */
const mallocTargets: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  ring: { 8: 1.5, 16: 1, 64: 0.8, 256: 0.6, 1024: 0.8 },
  random: { 8: 1.7, 16: 1.3, 64: 1.2, 256: 1, 1024: 1 },
};

function mallocCases({ quick }: CaseOptions): Case[] {
  const cases: Case[] = [];
  for (const size of quick ? [8, 64] : [8, 16, 64, 256, 1024]) {
    for (const order of quick ? ['ring'] : ['ring', 'random']) {
      cases.push({
        name: 'malloc',
        params: {
          size: `${size}`,
          live: '65536',
          order,
          ops: quick ? '300000' : '1000000',
          repeats: quick ? '3' : '7',
        },
        targets: [{ against: 'go', atMost: mallocTargets[order][size] }],
      });
    }
  }
  return cases;
}

function tracedCases({ quick }: CaseOptions): Case[] {
  return (quick ? [64] : [8, 16, 64, 256, 1024]).map((size) => ({
    name: 'traced',
    params: {
      size: `${size}`,
      live: '65536',
      marking: 'stop-the-world',
      ops: quick ? '300000' : '1000000',
      repeats: quick ? '3' : '7',
    },
    targets: [{ against: 'go', atMost: size < 16 ? 1.2 : 1 }],
  }));
}

/** The better order for a graph must reach 0.8 of Go, and neither may be worse than 1.7. */
const bestOrder: Readonly<Record<string, string>> = { tree: 'objects', random: 'spans' };

function markCases({ quick }: CaseOptions): Case[] {
  const cases: Case[] = [];
  for (const graph of ['tree', 'random']) {
    for (const objects of quick ? [100_000] : [1_000_000, 4_000_000]) {
      for (const order of ['objects', 'spans']) {
        const atMost = order === bestOrder[graph] ? 0.8 : 1.7;
        cases.push({
          name: 'mark',
          params: { graph, objects: `${objects}`, order, repeats: quick ? '3' : '7' },
          targets: ['wall', 'cpu'].map((what) => ({ what, against: 'go', atMost })),
        });
      }
    }
  }
  return cases;
}

function dropCases({ quick }: CaseOptions): Case[] {
  return ['address', 'random'].flatMap((order) =>
    (quick ? ['batch'] : ['each', 'batch']).map((how) => ({
      name: 'drops',
      params: { size: '64', live: quick ? '65536' : '524288', order, how, repeats: quick ? '3' : '9' },
      targets: [],
    })),
  );
}

function spanCases({ quick }: CaseOptions): Case[] {
  const cases: Case[] = [];
  for (const kind of ['heap', 'manual']) {
    for (const holes of quick ? [35] : [0, 35]) {
      cases.push({
        name: 'span',
        params: { kind, holes: `${holes}`, batch: '4096', rounds: quick ? '30' : '90' },
        targets: [{ what: 'alloc', against: 'go', atMost: holes > 0 ? 1 : 1.5 }],
      });
    }
  }
  cases.push({
    name: 'page-cache',
    params: { mib: '256', repeats: quick ? '9' : '19' },
    targets: [{ against: 'go', atMost: 1.2 }],
  });
  return cases;
}

function pageCases({ quick }: CaseOptions): Case[] {
  const cases: Case[] = [];
  for (const pages of quick ? [1, 64] : [1, 4, 64, 512]) {
    const atMost = pages <= 4 ? 1 : 1.4;
    // In large heaps, of an allocation.
    const large = { 4: 0.9, 64: 1.1, 512: 1.2 }[pages] ?? atMost;
    for (const mib of quick ? [64, 1024] : [64, 256, 1024, 4096, 16384]) {
      cases.push({
        name: 'pages',
        params: { pages: `${pages}`, mib: `${mib}`, ops: quick ? '100000' : '300000' },
        targets: ['alloc', 'free', 'pair'].map((what) => ({
          what,
          against: 'go',
          atMost: what === 'alloc' && mib >= 1024 ? large : atMost,
        })),
      });
    }
  }
  return cases;
}

function traceCases({ quick, traces }: CaseOptions): Case[] {
  return traces
    .filter(([name]) => !quick || name.startsWith('pa-64'))
    .map(([trace, file]) => ({
      name: 'radix-trace',
      params: { trace, file, repeats: quick ? '5' : '9' },
      targets: [{ against: 'go', atMost: 1 }],
    }));
}

function otherCases({ quick, program }: CaseOptions): Case[] {
  const cases: Case[] = [
    // A quantum of the background scavenger, all that is free, and a quantum of a heap in pieces.
    ...[{ quantum: '65536' }, { quantum: '65536', asked: 'all' }, { quantum: '8192', asked: '65536' }].map(
      (words) => ({
        name: 'scavenge',
        params: { ...words, mib: '256', repeats: quick ? '3' : '7' },
        targets: words.quantum === '65536' ? [{ against: 'addon' as const, above: true, atMost: 350 }] : [],
      }),
    ),
  ];
  for (const objects of quick ? [100_000] : [10_000, 100_000, 1_000_000]) {
    cases.push({
      name: 'metadata',
      params: { objects: `${objects}` },
      targets: [{ against: 'go', atMost: 1 }],
    });
  }
  cases.push(
    // 5 million lines a second; 2 million operations a second.
    {
      name: 'trace-parse',
      params: { lines: quick ? '1000000' : '4000000', repeats: '3' },
      targets: [{ atMost: 200 }, { what: 'growth', atMost: 16 * 1024 * 1024 }],
    },
    { name: 'trace-replay', params: { lines: quick ? '500000' : '2000000' }, targets: [{ atMost: 500 }] },
    // What a person waits for.
    {
      name: 'command',
      params: { of: 'version', processes: quick ? '5' : '15' },
      targets: [{ what: 'above', atMost: 40e6 }],
    },
    {
      name: 'command',
      params: { of: 'run', processes: quick ? '5' : '15' },
      targets: [{ atMost: 450e6 }],
    },
  );
  if (program !== undefined) {
    cases.push({
      name: 'trace-replay',
      params: { file: program },
      targets: [{ atMost: 500 }, { what: 'replay', atMost: 300 }],
    });
  }
  return cases;
}
