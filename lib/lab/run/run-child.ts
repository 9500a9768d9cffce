/**
 * The process of a run on a heap of here: started by fork-run.ts.
 */
import { makeRun } from './run.ts';
import { serveRun } from './serve-run.ts';

serveRun(makeRun);
