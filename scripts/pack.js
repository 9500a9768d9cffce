/**
 * Packs the package for publishing, into pageheap-VERSION.tgz here, or in the folder that is named:
 *
 *     npm run package                      everything is built first
 *     node scripts/pack.js FOLDER          what is built is packed
 *
 * It is what `npm pack` gives, with a package.json for those who install it: no scripts, which npm would ask about, and
 * no tools for development. So a packed file is published, not the folder: npm publish pageheap-VERSION.tgz.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { argv, cwd } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pageheap-pack-'));
const pack = (from, into) =>
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', into], {
    cwd: from,
    encoding: 'utf8',
  }).trim();

try {
  execFileSync('tar', ['-xzf', join(folder, pack(root, folder)), '-C', folder]);
  const [packed] = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const file = join(folder, packed.name, 'package.json');
  const {
    scripts: _,
    devDependencies: __,
    gypfile: ___,
    ...published
  } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, `${JSON.stringify(published, undefined, 2)}\n`);
  const into = resolve(argv[2] ?? cwd());
  console.log(join(into, pack(join(folder, packed.name), into)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
