/**
 * Results on a disk that takes no more. Several files that one result leaves: each is written also where another cannot be. And
 * what was finished before something had no place any more: it is told all the same.
 */
import { PageHeapError } from '../base/errors.ts';

/** Does all of it. @throws the first error, after the last write */
export function writeEach(writes: Iterable<() => void>): void {
  const failures: unknown[] = [];
  for (const write of writes) {
    try {
      write();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Tells what was finished when an error ended the rest; that its own files cannot be written is no second error. */
export async function tellFinished(tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (error) {
    if (!(error instanceof PageHeapError && error.code === 'ERR_FILE')) throw error;
  }
}
