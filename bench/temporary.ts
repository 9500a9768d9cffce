/** Folders that are gone when this process is, however it ends by itself or by Ctrl-C. */
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();

const remove = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  made.delete(folder);
};

/** What a shell says of a command that Ctrl-C has ended. */
export const interruptedCode = 128 + constants.signals.SIGINT;

/** From now on Ctrl-C ends this process by `exit`, once it has its turn: what it waits for without a turn ends by the same signal first. */
export function endInOrder(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => process.exit(interruptedCode));
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
