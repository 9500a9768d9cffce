/**
 * Writing a page, the HTML of a report.
 */
import { writeFileSync } from 'node:fs';
import { PageHeapError } from '../base/errors.ts';
import { fileReason } from '../lab/trace/bytes.ts';

/** @throws PageHeapError ERR_FILE, naming the file and what is wrong */
export function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new PageHeapError(
      'ERR_FILE',
      `the report cannot be written: ${missing ? 'no such folder' : fileReason(cause)}`,
      { file: path, cause },
    );
  }
}
