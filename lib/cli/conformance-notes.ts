/**
 * What is said of custom page heaps before they run: which have not passed the conformance suite here.
 *
 * Only their certificates are read; the suite itself is run by `pageheap conform` alone.
 */
import { conformanceOf, isPassed } from '../lab/record/certificate.ts';
import { packageVersion } from '../lab/record/package.ts';
import { loadPageHeap } from '../lab/subject/load-page-heap.ts';

/**
 * A note for each module whose page heap has no passing certificate of this version.
 * @throws PageHeapError of a module that cannot be loaded
 */
export async function conformanceNotes(files: readonly (string | undefined)[]): Promise<string[]> {
  const notes: string[] = [];
  const version = packageVersion();
  for (const file of new Set(files)) {
    if (file === undefined) continue;
    const { name } = await loadPageHeap(file);
    const { certificate } = conformanceOf(file);
    if (isPassed(certificate, version)) continue;
    const current = certificate?.version === version ? certificate : null;
    const what =
      current === null
        ? 'has not passed the conformance suite here'
        : current.passed
          ? `has passed only a short run of the conformance suite here (--runs ${current.profile.runs})`
          : 'has failed the conformance suite here';
    notes.push(`${name || file} ${what}: pageheap conform ${file}`);
  }
  return notes;
}
