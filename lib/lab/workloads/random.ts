/**
 * The random numbers of workloads (base/random.ts).
 */
export { Mulberry32 } from '../../base/random.ts';
