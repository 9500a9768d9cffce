/** Folders that are gone when this process is, however it ends by itself or by Ctrl-C. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopSignals } from '../lib/base/stop-signals.ts';
import { exitCodes } from '../lib/cli/exit-codes.ts';

const made = new Set<string>();

const remove = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  made.delete(folder);
};

/** From now on Ctrl-C ends this process by `exit`, once it has its turn: what it waits for without a turn ends by the same signal first. */
export function endInOrder(): void {
  for (const signal of stopSignals) process.on(signal, () => process.exit(exitCodes.interrupted));
}

/** A new folder among temporary ones. */
export function temporaryFolder(name: string): { readonly path: string; readonly remove: () => void } {
  if (made.size === 0)
    process.once('exit', () => {
      for (const folder of made) remove(folder);
    });
  const path = mkdtempSync(join(tmpdir(), `${name}-`));
  made.add(path);
  return { path, remove: () => remove(path) };
}
