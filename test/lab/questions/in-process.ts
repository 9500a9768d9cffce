/** Questions asked in this process: sources run here, and children of Node 20 do not run them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Makers } from '../../../lib/lab/questions/ask.ts';
import type { QuestionMachine } from '../../../lib/lab/questions/question.ts';
import { makeRun } from '../../../lib/lab/run/run.ts';

/** A run file tells nothing of what held the run up: a bound that goes by the clock would not be known then. */
function asOnQuietMachine(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/"(waitNs|missed)":\d+/g, '"$1":0'));
}

export const inProcess: Makers = {
  run: async (options) => {
    await makeRun(options);
    asOnQuietMachine(options.output);
  },
  measure: async (measurement, params) => {
    await setImmediate();
    return measurement.measure(params);
  },
};

/** A machine that can tell everything, and is quiet. */
export const machine: QuestionMachine = {
  ...{ kernel: '6.18', cpus: 2, load: 0, hugePage: 2 ** 21, hugePages: 'madvise', maxPtesNone: 511, swap: 0 },
  ...{ mincore: true, smaps: true, namingErrno: 22, maxMapCount: 65530, advice: () => true },
};
