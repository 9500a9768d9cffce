// Builds the addon, the recorder and the replayer in a clone, with node-gyp, unless they are there, built from these sources.
//
// They are built in a folder of their own and renamed into their place when they are whole, so that a command beside
// finds the old one or the new one, and an interruption breaks neither.
//
//   node scripts/build-native.js          where one is missing, or older than its sources: as npm's prepare step does
//   node scripts/build-native.js --force  in any case
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
const replayer = at('build', 'Release', 'pageheap-replay');
const stamp = at('build', 'Release', 'pageheap.sources');

/** What they are made from, as one word. One binary serves every Node from 20 on (Node-API 8). */
function sources() {
  const hash = createHash('sha256').update(`${platform} ${arch}\n`);
  const files = readdirSync(at('native')).filter((name) => /\.(cc|c|h|gypi)$/.test(name));
  for (const file of ['binding.gyp', ...files.sort().map((name) => join('native', name))])
    hash
      .update(`${file}\0`)
      .update(readFileSync(at(file)))
      .update('\0');
  return hash.digest('hex');
}

const isForced = argv.includes('--force');
const made = sources();
const isBuilt =
  [addon, recorder, replayer, stamp].every((file) => existsSync(file)) &&
  readFileSync(stamp, 'utf8') === made;
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
    // An executable has the ending of an addon where node-gyp's defaults say so.
    renameSync(
      ['pageheap-replay', 'pageheap-replay.node'].map(built).find((file) => existsSync(file)),
      replayer,
    );
    renameSync(built('pageheap.node'), addon);
    writeFileSync(stamp, made);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
