/**
 * The process of a run on an allocator of others: started by fork-any.ts. The allocator itself is in a process beside it.
 */
import { serveRun } from '../run/serve-run.ts';
import { makeContenderRun } from './contender-run.ts';

serveRun(makeContenderRun);
