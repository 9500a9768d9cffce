/**
 * Which contenders are installed here, for `pageheap doctor`: a row each. What is missing is a note: nothing else needs it.
 */
import { PageHeapError } from '../../base/errors.ts';
import type { Finding } from '../../os/machine-words.ts';
import { libcFamily, replayerFile } from '../../os/replayer.ts';
import { type Contender, contenderNames, contenders } from './contender.ts';
import { findLibrary } from './find-library.ts';
import { findGo, type SilentGo } from './go-program.ts';

/** Of one that is installed, and is no help here. */
const silentWords = (name: string, { command, why }: SilentGo): Pick<Finding, 'found' | 'meaning'> => ({
  found: `${command} does not answer`,
  meaning: `compare -c ${name} is refused; it says: ${why}`,
});

function findingOf(name: string, contender: Contender): Finding | undefined {
  const what = `contender ${name}`;
  const missing = (): Finding => ({
    what,
    found: 'not found',
    verdict: 'note',
    meaning: `compare -c ${name} is refused; apt-get install ${contender.debian}`,
  });
  const there = (found: string): Finding => ({ what, found, verdict: 'ok', meaning: '' });
  switch (contender.kind) {
    case 'recorded':
      return undefined;
    case 'go': {
      let silent: SilentGo | undefined;
      const go = findGo(undefined, (one) => {
        silent ??= one;
      });
      if (go !== undefined) return there(`${go.version}, ${go.command}`);
      return silent === undefined ? missing() : { ...missing(), ...silentWords(name, silent) };
    }
    case 'native': {
      if (contender.libraries.length === 0)
        return libcFamily() === 'glibc'
          ? there('the C library here')
          : { what, found: 'another C library', verdict: 'note', meaning: `compare -c ${name} is refused` };
      const library = findLibrary(contender.libraries);
      return library === undefined ? missing() : there(library);
    }
  }
}

/** A finding for each contender, and one for the replayer where that is not built. */
export function contenderFindings(): Finding[] {
  const findings = contenderNames.flatMap((name) => findingOf(name, contenders[name]) ?? []);
  try {
    replayerFile();
  } catch (error) {
    if (!(error instanceof PageHeapError)) throw error;
    findings.push({ what: 'native replayer', found: 'not built', verdict: 'note', meaning: error.message });
  }
  return findings;
}
