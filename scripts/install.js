// npm's install step: builds the addon and the recorder beside it, unless there is one already, built from these sources or shipped.
//
// `npx pageheap` in a checkout installs the checkout into its cache, and runs this in passing: then nothing is built,
// and nothing that is there is touched. Elsewhere the addon is built in a folder of its own and renamed into its place
// when it is whole, so that a command beside it finds the old one or the new one, and an interruption breaks neither.
//
//   node scripts/install.js          as npm does
//   node scripts/install.js --force  builds in any case
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process, { arch, argv, env, execPath, exit, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const addon = at('build', 'Release', 'pageheap.node');
const recorder = at('build', 'Release', 'pageheap-record.so');
const stamp = at('build', 'Release', 'pageheap.sources');

/** What an addon is made from, as one word. One binary serves every Node from 20 on (Node-API 8). */
function sources() {
  const hash = createHash('sha256').update(`${platform} ${arch}\n`);
  const files = readdirSync(at('native')).filter((name) => /\.(cc|c|h)$/.test(name));
  for (const file of ['binding.gyp', ...files.sort().map((name) => join('native', name))])
    hash
      .update(`${file}\0`)
      .update(readFileSync(at(file)))
      .update('\0');
  return hash.digest('hex');
}

const isShipped = existsSync(at('prebuilds', `${platform}-${arch}`, 'pageheap.node'));
const hasSources = existsSync(at('binding.gyp'));
const isForced = argv.includes('--force');
if (!isForced && (env.npm_command === 'exec' || isShipped || !hasSources)) exit(0);

const made = sources();
const isBuilt =
  existsSync(addon) && existsSync(recorder) && existsSync(stamp) && readFileSync(stamp, 'utf8') === made;
if (isBuilt && !isForced) exit(0);

// Inside the checkout, so that node-addon-api is found.
const folder = mkdtempSync(at('.build-'));
try {
  cpSync(at('binding.gyp'), join(folder, 'binding.gyp'));
  cpSync(at('native'), join(folder, 'native'), { recursive: true });
  const gyp = env.npm_config_node_gyp ?? createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const built = (name) => join(folder, 'build', 'Release', name);
  const { status } = spawnSync(execPath, [gyp, 'rebuild', '--loglevel=error', '-C', folder], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
  if (status === 0) {
    mkdirSync(at('build', 'Release'), { recursive: true });
    rmSync(stamp, { force: true });
    renameSync(built('pageheap-record.node'), recorder);
    renameSync(built('pageheap.node'), addon);
    writeFileSync(stamp, made);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
