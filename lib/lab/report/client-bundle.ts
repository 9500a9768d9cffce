/**
 * The pages' own programs: TypeScript in client/, put together by scripts/bundle-client.js when the project is built,
 * a file a page.
 *
 * Run from the sources, as the tests do, they are put together afresh, so that a page never shows a stale build.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraryPath, moduleExtension, packageRoot } from '../../base/package-files.ts';

/** The programs there are: of a run's page, of a comparison's, of a grid's, and of a run that is watched. */
export const clientEntries = ['run-page.js', 'comparison-page.js', 'grid-page.js', 'live-page.js'] as const;
export type ClientEntry = (typeof clientEntries)[number];

const programs = new Map<ClientEntry, string>();

function madeNow(): void {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-client-'));
  try {
    execFileSync(process.execPath, [join(packageRoot, 'scripts', 'bundle-client.js'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for (const entry of clientEntries) programs.set(entry, readFileSync(join(folder, entry), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A page's program as one script that imports nothing. */
export function clientProgram(entry: ClientEntry): string {
  if (moduleExtension === '.ts' && programs.size === 0) madeNow();
  const program = programs.get(entry) ?? readFileSync(libraryPath(`lab/report/${entry}`), 'utf8');
  programs.set(entry, program);
  return program;
}
