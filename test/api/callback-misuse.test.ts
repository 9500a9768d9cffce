/** The collector's calls from within callbacks, and with what is another's. All designs: test/long/api. */
import { misuseIn } from './callback-misuse.ts';

misuseIn([
  { generation: 'lists', liveness: 'explicit' },
  { generation: 'radix', liveness: 'tracing', marking: 'incremental' },
]);
