/**
 * Certificates of conformance: what `pageheap conform` found of a custom page heap, for those who run it later.
 *
 * A certificate is of the text: of the module and of all files that it imports by relative path, directly or
 * through one another. Whoever changes one of them has another hash, and no certificate. It is a file of its own,
 * `conformance/<hash>.json`, in the user's cache folder for pageheap, and a document (document.ts): whole or not
 * there.
 *
 * A run of the suite is *full* if it made at least the random runs that the command makes unless told otherwise,
 * and all of them. A short run that passed does not replace what a full one of the same version said.
 *
 * Not here: the suite (../conformance/), who is told what (cli/conformance-notes.ts).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { cacheFolder } from '../../base/cache-folder.ts';
import { fileError } from '../../os/file-error.ts';
import { writeDocument } from './document.ts';
import { makeFolder } from './folders.ts';

export const certificateFormat = 'pageheap-conformance/2';

/** What of the suite was run. */
export interface ConformanceProfile {
  readonly extent: 'full' | 'short';
  /** Random runs that were asked for. */
  readonly runs: number;
  /** Of the random runs; null: chosen by chance. */
  readonly seed: number | null;
  /** Where a single random run began; null: at the beginning, and all of them. */
  readonly path: string | null;
  /** By the rules for page heaps that round up what they are asked for. */
  readonly roundsUp: boolean;
}

export interface Certificate {
  readonly format: typeof certificateFormat;
  /** SHA-256 of the module and what it imports by relative path, hexadecimal. */
  readonly hash: string;
  /** The name of the class. */
  readonly pageHeap: string;
  /** The version of this package. */
  readonly version: string;
  readonly profile: ConformanceProfile;
  readonly passed: boolean;
  /** Checks that were kept, broken and skipped. */
  readonly checks: { readonly kept: number; readonly broken: number; readonly skipped: number };
  /** When the suite ended, ISO 8601. */
  readonly date: string;
}

/** What is known of a module: its hash, and the certificate for that, if there is one. */
export interface Conformance {
  readonly hash: string;
  readonly certificate: Certificate | null;
}

/** `from './a.mjs'`, `import './a.mjs'`, `import('./a.mjs')`, `require('./a.cjs')`. */
const relativeImport = /\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;

/**
 * SHA-256 of a module and of the files that it imports by relative path. Where they lie makes no difference, only
 * how they lie to each other.
 * @throws PageHeapError ERR_FILE when the module cannot be read
 */
export function hashModule(path: string): string {
  const start = resolve(path);
  // Every run loads this module, few have one to hash: node:crypto was 4 % of what its process loads.
  const { createHash } = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
  const hash = createHash('sha256');
  const seen = new Set<string>();
  const add = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      if (file === start) throw fileError(path, cause);
      // A comment may speak of an import that is none, and CommonJS leaves out endings.
      return;
    }
    hash.update(`${relative(dirname(start), file)}\0${text.length}\0${text}\0`);
    for (const [, , specifier] of text.matchAll(relativeImport)) add(resolve(dirname(file), specifier));
  };
  add(start);
  return hash.digest('hex');
}

const pathOf = (hash: string): string => join(cacheFolder(), 'conformance', `${hash}.json`);

/** The certificate for a hash; undefined where there is none that can be read. */
function readCertificate(hash: string): Certificate | undefined {
  try {
    const found = JSON.parse(readFileSync(pathOf(hash), 'utf8')) as Partial<Certificate> | null;
    const sound =
      found?.format === certificateFormat &&
      found.hash === hash &&
      typeof found.passed === 'boolean' &&
      typeof found.version === 'string' &&
      typeof found.profile?.extent === 'string';
    return sound ? (found as Certificate) : undefined;
  } catch {
    return undefined;
  }
}

/** What is known of the page heap in a module. @throws PageHeapError ERR_FILE when the module cannot be read */
export function conformanceOf(path: string): Conformance {
  const hash = hashModule(path);
  return { hash, certificate: readCertificate(hash) ?? null };
}

/** Whether a certificate says that this version's whole suite was passed. */
export function isPassed(certificate: Certificate | null, version: string): boolean {
  if (certificate === null || certificate.version !== version) return false;
  return certificate.passed && certificate.profile.extent === 'full';
}

/**
 * Writes a certificate. A short run that passed leaves what a full one of the same version said.
 * @returns its path
 * @throws PageHeapError ERR_FILE
 */
export function writeCertificate(certificate: Certificate): string {
  const path = pathOf(certificate.hash);
  const former = readCertificate(certificate.hash);
  const saysLess = certificate.passed && certificate.profile.extent === 'short';
  if (saysLess && former?.profile.extent === 'full' && former.version === certificate.version) return path;
  makeFolder(dirname(path));
  writeDocument(path, `${JSON.stringify(certificate, undefined, 2)}\n`);
  return path;
}
