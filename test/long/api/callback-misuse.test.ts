/** The collector's calls from within callbacks, and with what is another's: generations × what tells what is alive. */
import { generations } from '../../../lib/design/design.ts';
import { misuseIn } from '../../api/callback-misuse.ts';

misuseIn(
  generations.flatMap((generation) => [
    { generation, liveness: 'explicit' as const },
    { generation, liveness: 'tracing' as const, marking: 'stop-the-world' as const },
    { generation, liveness: 'tracing' as const, marking: 'incremental' as const },
  ]),
);
