/**
 * From a contender that is asked for to the program of its replayer: its library is found, or its program built, before
 * anything runs. What is missing is said with the package that has it.
 */
import { existsSync, realpathSync } from 'node:fs';
import { PageHeapError } from '../../base/errors.ts';
import { libcFamily, replayerFile } from '../../os/replayer.ts';
import type { RunValue } from '../record/lines.ts';
import type { ReplayerProgram } from '../run/run-options.ts';
import { type ContenderRequest, contenders, type NativeContender } from './contender.ts';
import { findLibrary, isLoadable } from './find-library.ts';
import { findGo, goProgram, type SilentGo } from './go-program.ts';

function missing(name: string, debian: string, what: string): PageHeapError {
  return new PageHeapError(
    'ERR_INVALID_OPTION',
    `contender ${name}: ${what} is not found here; it is in the Debian package ${debian} (apt-get install ${debian})`,
    { value: name },
  );
}

function checkVariables({ name, variables = {} }: ContenderRequest): void {
  const { variables: known } = contenders[name];
  for (const variable of Object.keys(variables))
    if (!known.some((prefix) => variable.startsWith(prefix)))
      throw new PageHeapError(
        'ERR_INVALID_OPTION',
        `contender ${name}: ${variable} is no variable that it reads; those begin with ${known.join(', ')}`,
        { value: variable },
      );
}

/** Of the environment what the allocator reads: it stands in the run file, too. */
function inherited(prefixes: readonly string[]): Record<string, string> {
  const found = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && prefixes.some((prefix) => entry[0].startsWith(prefix)),
  );
  return Object.fromEntries(found);
}

function libraryOf({ name, library }: ContenderRequest, { libraries, debian }: NativeContender): string {
  if (library === undefined) {
    const found = findLibrary(libraries);
    if (found === undefined) throw missing(name, debian, `its library (${libraries[0]})`);
    return found;
  }
  if (!existsSync(library))
    throw new PageHeapError('ERR_FILE', `contender ${name}: no such library`, { file: library });
  if (!isLoadable(library))
    throw new PageHeapError('ERR_FILE', `contender ${name}: this is no library for this machine`, {
      file: library,
    });
  return realpathSync(library);
}

function nativeProgram(request: ContenderRequest, contender: NativeContender): ReplayerProgram {
  const { name, variables = {} } = request;
  const libc = libcFamily();
  if (contender.libraries.length === 0 && request.library === undefined && libc !== 'glibc')
    throw new PageHeapError(
      'ERR_INVALID_OPTION',
      `contender ${name}: the C library of this system is ${libc}`,
      {
        value: name,
      },
    );
  const isPreloaded = contender.libraries.length > 0 || request.library !== undefined;
  const library = isPreloaded ? libraryOf(request, contender) : undefined;
  const own = { ...inherited(contender.variables), ...variables };
  return {
    contender: name,
    file: replayerFile(),
    // What this process may have preloaded is not the contender's.
    env: { ...own, LD_PRELOAD: library ?? '' },
    settings: { contender: name, ...own },
    ...(library === undefined ? {} : { loads: library }),
  };
}

function goProgramOf(
  request: ContenderRequest,
  onBuild: ((version: string, temporary: string | undefined) => void) | undefined,
): ReplayerProgram {
  const { toolchain, variables = {}, gcPercent, memoryLimit, ps } = request;
  let silent: SilentGo | undefined;
  const go = findGo(toolchain, (one) => {
    silent ??= one;
  });
  if (go === undefined) {
    if (silent !== undefined)
      throw new PageHeapError('ERR_FILE', `contender go: it does not tell its version: ${silent.why}`, {
        file: silent.command,
      });
    if (toolchain === undefined) throw missing('go', contenders.go.debian, 'a Go toolchain');
    throw new PageHeapError('ERR_FILE', 'contender go: this is no command of Go', { file: toolchain });
  }
  const file = goProgram(go, (temporary) => onBuild?.(go.version, temporary));
  const given = { ...inherited(contenders.go.variables), ...variables };
  const env: Record<string, string> = {
    ...given,
    ...(gcPercent === undefined ? {} : { GOGC: gcPercent < 0 ? 'off' : String(gcPercent) }),
    ...(memoryLimit === undefined
      ? {}
      : { GOMEMLIMIT: memoryLimit >= 2 ** 53 ? 'off' : String(memoryLimit) }),
    ...(ps === undefined ? {} : { GOMAXPROCS: String(ps) }),
  };
  const settings: Record<string, RunValue> = { contender: 'go', ...env };
  return { contender: 'go', file, env, settings, threadsIn: 'GOMAXPROCS' };
}

/**
 * @param onBuild told the version of the toolchain, before a program is built: that takes seconds; and the folder, where that is
 *   a temporary one
 * @throws PageHeapError ERR_INVALID_OPTION for a contender that is not installed, naming its package, and for a variable
 *   that it does not read; ERR_FILE for a library or a toolchain that is none; ERR_ADDON where the replayer is not
 *   built; ERR_SYSTEM where Go cannot build its own
 */
export function prepareContender(
  request: ContenderRequest,
  onBuild?: (version: string, temporary: string | undefined) => void,
): ReplayerProgram {
  checkVariables(request);
  const contender = contenders[request.name];
  if (contender.kind === 'recorded')
    return { contender: request.name, file: '', env: {}, settings: { contender: request.name } };
  return contender.kind === 'go' ? goProgramOf(request, onBuild) : nativeProgram(request, contender);
}
