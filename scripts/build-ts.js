// Compiles the TypeScript, and puts its modules and the programs of the pages together (bundle.js, bundle-client.js).
//
//   node scripts/build-ts.js            where dist/ is not of these sources, as `npm test` and npm's prepare step do
//   node scripts/build-ts.js --force    in any case
//   node scripts/build-ts.js --modules  compiles alone
//
// A word for the sources is written when all is done and is taken away first: what was interrupted is built again.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const stamp = at('dist', 'sources');

/** What it is made from, and what makes it, as one word. */
function sources() {
  const hash = createHash('sha256');
  const inFolder = (folder) =>
    readdirSync(at(folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name));
  const makers = ['build-ts.js', 'bundle.js', 'bundle-client.js'].map((name) => join('scripts', name));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'];
  for (const file of [...inFolder('lib'), ...inFolder('bench'), ...makers, ...settings].sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(at(file)))
      .update('\0');
  return hash.digest('hex');
}

const made = sources();
const results = ['lib/index.js', 'lib/lab/report/run-page.js', 'bench/compare.js'];
const isBuilt =
  existsSync(stamp) &&
  readFileSync(stamp, 'utf8') === made &&
  results.every((name) => existsSync(at('dist', ...name.split('/'))));
const isForced = argv.includes('--force') || argv.includes('--modules');
if (isBuilt && !isForced) exit(0);

rmSync(stamp, { force: true });
const steps = [
  [at('node_modules', '.bin', 'tsc'), '-p', at('tsconfig.build.json')],
  [execPath, at('scripts', 'bundle.js')],
  [execPath, at('scripts', 'bundle-client.js'), at('dist', 'lib', 'lab', 'report')],
];
for (const [command, ...args] of argv.includes('--modules') ? steps.slice(0, 1) : steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) exit(status ?? 1);
}
if (!argv.includes('--modules')) writeFileSync(stamp, made);
