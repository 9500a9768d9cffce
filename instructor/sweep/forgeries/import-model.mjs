// expect: refused
// Wants the judge's own sweep.
export { SweepModel as Sweep, SweepModel as OwnSweep, sweptSpan as sweepSpan } from '../../exercises/sweep/model.js';
