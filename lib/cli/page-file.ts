/**
 * Writing a page, the HTML of a report.
 */
import { PageHeapError } from '../base/errors.ts';
import { writeDocument } from '../lab/record/document.ts';
import { nothingAt } from '../os/file-error.ts';

/**
 * @param inputs what it was made from
 * @throws PageHeapError ERR_FILE, naming the file and what is wrong
 */
export function writePage(path: string, page: string, inputs: readonly string[]): void {
  try {
    writeDocument(path, page, inputs);
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    const missing = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    const why = missing ? nothingAt(path, 'no such folder') : error.message.slice(`${path}: `.length);
    throw new PageHeapError('ERR_FILE', `the report cannot be written: ${why}`, {
      file: path,
      cause: error.cause,
    });
  }
}
