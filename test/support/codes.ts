import { PageHeapError } from '../../lib/base/errors.ts';

/** The code of the PageHeapError that an operation throws; 'none' when it throws nothing. */
export function codeOf(operation: () => unknown): string {
  try {
    operation();
  } catch (error) {
    if (error instanceof PageHeapError) return error.code;
    throw error;
  }
  return 'none';
}
