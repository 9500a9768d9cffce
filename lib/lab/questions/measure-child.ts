/**
 * The process of one measurement, told which by its first message. It ends with its answer, and when its parent is gone.
 */

import { surviveTerminal } from '../../base/gone-terminal.ts';
import { stopSignals } from '../../base/stop-signals.ts';
import { SchedStat } from '../../os/sched-stat.ts';
import { packError } from '../run/run-messages.ts';
import { measurementNamed } from './measure/index.ts';
import type { WaitedTime } from './measure/measurement.ts';

export interface MeasurementRequest {
  readonly name: string;
  readonly params: unknown;
}

function answer(message: unknown, code: number): void {
  if (process.send === undefined || !process.connected) process.exit(1);
  process.send(message, undefined, {}, () => process.exit(code));
}

async function measured({
  name,
  params,
}: MeasurementRequest): Promise<{ readonly result: unknown; readonly time?: WaitedTime }> {
  const measurement = measurementNamed(name);
  if (measurement === undefined) throw new Error(`there is no measurement ${name}`);
  const account = new SchedStat();
  const [before, begin] = [account.read(), performance.now()];
  const result = await measurement.measure(params);
  const after = account.read();
  if (before === undefined || after === undefined) return { result };
  const time: WaitedTime = {
    seconds: (performance.now() - begin) / 1000,
    waited: (after.waited - before.waited) / 1e9,
  };
  return { result, time };
}

surviveTerminal();
// A terminal sends Ctrl-C to both processes; the parent ends this one.
for (const signal of stopSignals) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(1));
process.once('message', (request: MeasurementRequest) => {
  measured(request).then(
    (found) => answer(found, 0),
    (error: unknown) => answer({ error: packError(error) }, 1),
  );
});
