/**
 * The program of a command line: which file it is, and whether the recorder can be loaded into it.
 *
 * The file is found as a shell finds it. Its first bytes tell: a script leads to its interpreter; an ELF file without an
 * interpreter of its own (PT_INTERP) is static; one with other bits than this machine's takes no library of these. For
 * a set-user-id program, and one with file capabilities, the dynamic linker loads nothing that the user names.
 */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PageHeapError } from '../../base/errors.ts';
import { fileError } from '../../os/file-error.ts';

export type Obstacle = 'static' | 'setuid' | 'bits' | 'unknown';

export interface Program {
  /** The file that was named, and the one that the kernel runs in the end: a script's interpreter. */
  readonly file: string;
  readonly image: string;
  /** Why nothing of it can be recorded; undefined where nothing is known to be in the way. */
  readonly obstacle?: Obstacle;
}

const headBytes = 4096;
const mostScripts = 4;
const elfClass64 = 2;
/** The processor of an ELF file, by Node's names. */
const machines: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };
const typeInterpreter = 3;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The file of a command; undefined where there is none that can be run. */
function find(command: string, path: string, folder: string): string | undefined {
  if (command.includes('/')) {
    const file = resolve(folder, command);
    return isExecutable(file) ? file : undefined;
  }
  for (const part of path.split(':')) {
    const file = join(resolve(folder, part === '' ? '.' : part), command);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

function headOf(file: string): Buffer {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r');
    const bytes = Buffer.alloc(headBytes);
    return bytes.subarray(0, readSync(fd, bytes, 0, headBytes, 0));
  } catch {
    // It may be run all the same.
    return Buffer.alloc(0);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Whether an ELF file has a program header of that type, as far as its first bytes tell. */
function hasProgramHeader(head: Buffer, type: number): boolean {
  const offset = Number(head.readBigUInt64LE(32));
  const size = head.readUInt16LE(54);
  const count = head.readUInt16LE(56);
  for (let i = 0; i < count; i++) {
    const at = offset + i * size;
    // One that lies further back is taken to be there: nothing is said of what is not known.
    if (at + 4 > head.length) return true;
    if (head.readUInt32LE(at) === type) return true;
  }
  return false;
}

function obstacleOf(file: string, head: Buffer): Obstacle | undefined {
  const { mode, uid, gid } = statSync(file);
  const isOther = (id: number, own: number | undefined): boolean => id !== own;
  const [own, group] = [process.geteuid?.(), process.getegid?.()];
  if (((mode & 0o4000) !== 0 && isOther(uid, own)) || ((mode & 0o2000) !== 0 && isOther(gid, group)))
    return 'setuid';
  const isElf = head.length >= 64 && head.readUInt32BE(0) === 0x7f454c46;
  if (!isElf) return head.length === 0 ? 'unknown' : undefined;
  if (head[4] !== elfClass64 || head.readUInt16LE(18) !== machines[process.arch]) return 'bits';
  return hasProgramHeader(head, typeInterpreter) ? undefined : 'static';
}

/**
 * @param command the first word of a command line. @param path as in PATH
 * @throws PageHeapError ERR_FILE where there is no such program
 */
export function programOf(command: string, path = process.env.PATH ?? '', folder = process.cwd()): Program {
  if (command === '')
    throw new PageHeapError('ERR_FILE', 'the name of the program is empty', { value: command });
  const file = find(command, path, folder);
  if (file === undefined) {
    if (command.includes('/')) {
      try {
        accessSync(resolve(folder, command), constants.X_OK);
      } catch (cause) {
        throw fileError(command, cause);
      }
      throw new PageHeapError('ERR_FILE', 'this is no program', { file: command });
    }
    throw new PageHeapError('ERR_FILE', 'no such program in PATH', { file: command });
  }
  let image = file;
  let head = headOf(image);
  for (let n = 0; n < mostScripts && head[0] === 0x23 && head[1] === 0x21; n++) {
    const line = head.toString('latin1', 2, head.indexOf(10) < 0 ? head.length : head.indexOf(10)).trim();
    const [interpreter = '', argument = ''] = line.split(/\s+/);
    // `#!/usr/bin/env NAME` leads on.
    const next =
      /(^|\/)env$/.test(interpreter) && !argument.startsWith('-')
        ? find(argument, path, folder)
        : interpreter;
    if (next === undefined || !isExecutable(next)) break;
    image = next;
    head = headOf(image);
  }
  const obstacle = obstacleOf(image, head);
  return { file, image, ...(obstacle === undefined ? {} : { obstacle }) };
}
