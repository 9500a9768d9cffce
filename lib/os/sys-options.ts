/** What the boundary to the system is made with. */
import type { Accounts } from './accounts.ts';
import type { Addon } from './addon.ts';
import type { UnusedAdvice } from './giving-back.ts';
import type { MappingSource } from './mapping-room.ts';

export interface SysOptions {
  /** The advice of `unused`; 'dontneed' unless told. */
  readonly advise?: UnusedAdvice;
  /** Make unused memory inaccessible until `used`, to find accesses to released memory. */
  readonly hardDecommit?: boolean;
  /** Keep the state of every range and stop at an illegal transition. */
  readonly debug?: boolean;
  /** Measure the time of every call (two clock readings each). */
  readonly timed?: boolean;
  readonly accounts?: Accounts;
  readonly addon?: Addon;
  /** Bytes of a huge page, as far as the heap is to know of them: 0 is none. The kernel's unless told. */
  readonly hugePageSize?: number;
  /** How many mappings there are and may be; the kernel's figures unless told. */
  readonly mappings?: MappingSource;
}
