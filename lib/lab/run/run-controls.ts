/** What a run gives, in its process, to whoever looks at it and steers it. */
import type { PageSnapshot } from './map-moments.ts';
import type { Command, SteerState } from './steering.ts';

/** What can be done to a run in its process, between two operations. */
export interface RunControls {
  /** Bytes of a page of the machine. */
  readonly physicalPage: number;
  /** The pages as they are now; undefined where the heap tells of none. */
  look(): PageSnapshot | undefined;
  /** @throws PageHeapError where the heap refuses it, and where the run was not made to be steered */
  steer(command?: Command): SteerState;
  /** It ends soon, and has failed with this error, unless another was first. */
  fail(error: unknown): void;
}
