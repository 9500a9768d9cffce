import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Certificate,
  certificateFormat,
  conformanceOf,
  hashModule,
  isPassed,
  writeCertificate,
} from '../../../lib/lab/record/certificate.ts';

const root = mkdtempSync(join(tmpdir(), 'pageheap-certificate-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let cases = 0;
let cache = '';

beforeEach(() => {
  cache = join(root, `cache-${++cases}`);
  vi.stubEnv('XDG_CACHE_HOME', cache);
});

/** Files in a folder of their own; answers the path of the first. */
function written(files: Readonly<Record<string, string>>): string {
  const folder = join(root, `modules-${++cases}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, Object.keys(files)[0]!);
}

function certificate(over: Partial<Certificate> = {}): Certificate {
  return {
    format: certificateFormat,
    hash: 'ab12',
    pageHeap: 'Mine',
    version: '1.2.3',
    profile: { extent: 'full', runs: 60, seed: null, path: null, roundsUp: false },
    passed: true,
    checks: { kept: 24, broken: 0, skipped: 1 },
    date: '2025-01-31T23:59:59.000Z',
    ...over,
  };
}

const profile = (extent: 'full' | 'short'): Certificate['profile'] => ({
  extent,
  runs: extent === 'full' ? 60 : 5,
  seed: null,
  path: null,
  roundsUp: false,
});

describe('the hash of a module', () => {
  const files = {
    'mine.mjs': "import { a } from './parts/a.mjs';\nexport default class {}",
    'parts/a.mjs': "export * from \"../b.mjs\"; const c = import('./c.mjs'); // see './none.mjs'",
    'b.mjs': "import 'node:fs'; import '../outside.mjs'; import './mine.mjs';",
    'parts/c.mjs': '1',
    'unused.mjs': '2',
  };
  const hash = hashModule(written(files));

  it('is one of the text, wherever it lies', () => {
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashModule(written(files))).toBe(hash);
    expect(hashModule(written({ ...files, 'unused.mjs': '3' }))).toBe(hash);
  });

  it.each(['mine.mjs', 'parts/a.mjs', 'b.mjs', 'parts/c.mjs'] as const)(
    'is another when %s changes',
    (name) => {
      expect(hashModule(written({ ...files, [name]: `${files[name]}\n` }))).not.toBe(hash);
    },
  );

  it('needs the module itself', () => {
    expect(() => hashModule(join(root, 'none.mjs'))).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  });
});

describe('a certificate', () => {
  it('is written beside and renamed, and read by its hash', () => {
    const module = written({ 'mine.mjs': 'export default class {}' });
    const { hash, certificate: none } = conformanceOf(module);
    expect(none).toBeNull();
    const made = certificate({ hash });
    const path = writeCertificate(made);
    expect(path).toBe(join(cache, 'pageheap/conformance', `${hash}.json`));
    expect(readdirSync(join(cache, 'pageheap/conformance'))).toEqual([`${hash}.json`]);
    expect(conformanceOf(module)).toEqual({ hash, certificate: made });
  });

  it('is none where the file is something else', () => {
    const module = written({ 'mine.mjs': 'export default class {} // 2' });
    const { hash } = conformanceOf(module);
    const path = writeCertificate(certificate({ hash }));
    for (const text of ['', '{', 'null', '{}', JSON.stringify({ ...certificate({ hash: 'other' }) })]) {
      writeFileSync(path, text);
      expect(conformanceOf(module).certificate, text).toBeNull();
    }
  });

  it('goes to ~/.cache where the variable holds no absolute path', () => {
    vi.stubEnv('XDG_CACHE_HOME', 'relative');
    vi.stubEnv('HOME', cache);
    expect(writeCertificate(certificate())).toBe(join(cache, '.cache/pageheap/conformance/ab12.json'));
  });

  it.each([
    ['a short pass', 'a full one of this version', certificate({ passed: false }), 'short', true, false],
    ['a short pass', 'a full one of another', certificate({ version: '1.0.0' }), 'short', true, true],
    ['a short failure', 'a full pass', certificate(), 'short', false, true],
    ['a full pass', 'a full failure', certificate({ passed: false }), 'full', true, true],
  ] as const)('of %s beside %s', (_new, _old, former, extent, passed, replaces) => {
    writeCertificate(former);
    const next = certificate({ profile: profile(extent), passed });
    const path = writeCertificate(next);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(replaces ? next : former);
  });

  it.each([
    ['a full pass of this version', certificate(), true],
    ['none', null, false],
    ['a failure', certificate({ passed: false }), false],
    ['a short pass', certificate({ profile: profile('short') }), false],
    ['another version', certificate({ version: '1.2.4' }), false],
  ])('passes or not: %s', (_what, of, passes) => expect(isPassed(of, '1.2.3')).toBe(passes));

  it('that cannot be written is an error of a file', () => {
    vi.stubEnv('XDG_CACHE_HOME', '/proc/none');
    expect(() => writeCertificate(certificate())).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  });
});
