/**
 * The grammars of text, by format.
 */
import { AllocFreeGrammar } from './alloc-free.ts';
import { AndroidGrammar } from './android.ts';
import { CallsGrammar } from './calls.ts';
import type { TraceFaults } from './faults.ts';
import type { TextFormat, TraceGrammar } from './grammar.ts';
import { HeaptrackGrammar } from './heaptrack.ts';
import { MtraceGrammar } from './mtrace.ts';
import { RepGrammar } from './rep.ts';

export const textGrammars: Readonly<Record<TextFormat, (faults: TraceFaults) => TraceGrammar>> = {
  mtrace: (faults) => new MtraceGrammar(faults),
  rep: (faults) => new RepGrammar(faults, 'rep'),
  script: (faults) => new RepGrammar(faults, 'script'),
  allocfree: (faults) => new AllocFreeGrammar(faults),
  calls: (faults) => new CallsGrammar(faults),
  heaptrack: (faults) => new HeaptrackGrammar(faults),
  android: (faults) => new AndroidGrammar(faults),
};
