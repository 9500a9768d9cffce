/**
 * What is said of custom page heaps before they run: which have not passed the conformance suite here.
 *
 * Only their certificates are read; the suite itself is run by `pageheap conform` alone.
 */

import { commandHere } from '../base/called-as.ts';
import { controlsShown } from '../base/controls.ts';
import { nameOfClass } from '../base/describe.ts';
import { PageHeapError } from '../base/errors.ts';
import { conformanceOf, isPassed } from '../lab/record/certificate.ts';
import { packageVersion } from '../lab/record/package.ts';
import { loadClass } from '../lab/subject/load-class.ts';
import type { PageHeapClass } from '../pages/contract.ts';

/** The class's name; undefined where there is none to load, which is told where it is needed. */
async function nameOf(file: string): Promise<string | undefined> {
  try {
    return nameOfClass(await loadClass<PageHeapClass>(file, 'PageHeap')) || controlsShown(file);
  } catch (error) {
    if (error instanceof PageHeapError) return undefined;
    throw error;
  }
}

/** A note for each module whose page heap has no passing certificate of this version. */
export async function conformanceNotes(files: readonly (string | undefined)[]): Promise<string[]> {
  const notes: string[] = [];
  const version = packageVersion();
  for (const file of new Set(files)) {
    if (file === undefined) continue;
    const name = await nameOf(file);
    if (name === undefined) continue;
    const { certificate } = conformanceOf(file);
    if (isPassed(certificate, version)) continue;
    const current = certificate?.version === version ? certificate : null;
    const what =
      current === null
        ? 'has not passed the conformance suite here'
        : current.passed
          ? `has passed only a short run of the conformance suite here (--runs ${current.profile.runs})`
          : 'has failed the conformance suite here';
    notes.push(`${name} ${what}: ${commandHere('conform', file)}`);
  }
  return notes;
}
