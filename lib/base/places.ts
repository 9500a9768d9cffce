/**
 * Places in the files of a custom part (a page heap, a policy): what of a stack is its, not this package's nor Node's.
 */
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './package-files.ts';
import { rootErrorOf, stackOf } from './thrown.ts';

/** Where a function stood: `Mine.alloc (mine.mjs:20:7)` in parts. */
export interface Frame {
  /** Empty at the top of a module. */
  readonly name: string;
  /** A path, or an address of a file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** The most places of one stack that are told. */
const most = 6;

/** This package's own code; a part may lie beside it, in a checkout. */
const own = ['lib', 'dist', 'node_modules'].map((folder) => resolve(packageRoot, folder));

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

function isForeign(file: string): boolean {
  if (file === '' || file.startsWith('node:')) return false;
  const path = pathOf(file);
  return path.startsWith('/') && !own.some((folder) => path.startsWith(`${folder}/`));
}

/** A path as a place has it. */
export function shownPath(path: string): string {
  const near = relative('', path);
  return near.startsWith('..') ? resolve(path) : near;
}

function written({ name, file, line, column }: Frame): string {
  const place = `${shownPath(pathOf(file))}:${line}:${column}`;
  return name === '' ? place : `${name} (${place})`;
}

/** The frames that are the part's, innermost first. */
export function placesOf(frames: readonly Frame[]): string[] {
  return frames
    .filter(({ file }) => isForeign(file))
    .slice(0, most)
    .map(written);
}

/** `    at Mine.alloc (file:///home/me/mine.mjs:20:7)`, with or without a function. */
const stackLine = /^\s*at (?:(.*?) \()?((?:file:|\/)[^\n]*?):(\d+):(\d+)\)?$/;

/** The frames of an error, or of what caused it, innermost first. Nothing where that cannot be told. */
function framesOf(error: unknown): Frame[] {
  const lines = stackOf(rootErrorOf(error))?.split('\n') ?? [];
  return lines.flatMap((text): Frame[] => {
    const [, name = '', file, line, column] = stackLine.exec(text) ?? [];
    return file === undefined ? [] : [{ name, file, line: Number(line), column: Number(column) }];
  });
}

/** Where in the part's files an error, or what caused it, was thrown. Nothing where that cannot be told. */
export const placesOfError = (error: unknown): string[] => placesOf(framesOf(error));

/** Whether an error was thrown in this package's code, or in what that called. */
export const isOfPackage = (error: unknown): boolean =>
  framesOf(error).some(({ file }) => own.some((folder) => pathOf(file).startsWith(`${folder}/`)));
