/**
 * Node's permission model (`--permission`, `--experimental-permission`): what it refuses in words, with the flag that allows it.
 */

const flags: Readonly<Record<string, string>> = {
  ChildProcess: '--allow-child-process',
  WorkerThreads: '--allow-worker',
  FileSystemRead: '--allow-fs-read',
  FileSystemWrite: '--allow-fs-write',
};

/** Undefined where an error is another one. */
export function permissionWords(error: unknown): string | undefined {
  const { code, permission = '' } = (error ?? {}) as {
    readonly code?: unknown;
    readonly permission?: string;
  };
  if (code === 'ERR_DLOPEN_DISABLED')
    return 'Node loads no native addons here: its permission model wants --allow-addons, and --no-addons forbids them';
  if (code !== 'ERR_ACCESS_DENIED') return undefined;
  const flag = Object.hasOwn(flags, permission) ? `; it wants ${flags[permission]}` : '';
  return `Node’s permission model refuses it${flag}`;
}

/** Does without what the permission model allows nobody, such as fsync. */
export function unlessRefused(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (permissionWords(error) === undefined) throw error;
  }
}
