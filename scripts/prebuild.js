/**
 * Builds the native parts that the package ships, into prebuilds/:
 *
 *     npm run build:ts && node scripts/prebuild.js          for x64 and arm64, glibc from 2.17 on and musl
 *     npm run build:ts && node scripts/prebuild.js --host   for this machine alone, by its own compiler
 *
 * One compiler, zig, builds for all four; it is installed beside (scripts/cross), as it takes 400 MB. The first build
 * takes some ten minutes, as it compiles a C++ library for each.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { arch, argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildNative, findCompilers, nativeParts } from '../dist/lib/cli/native-build.js';
import { libcFamily } from '../dist/lib/os/addon.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const cross = join(root, 'scripts', 'cross');

function zig(target) {
  const command = join(cross, 'node_modules', '.bin', 'zig');
  // Zig's own checks would want its runtime, and its C++ library is no concern of our warnings.
  const words = ['-target', target, '-fno-sanitize=undefined', '-Wno-nullability-completeness'];
  // A program for musl would be static, and take no allocator that is preloaded.
  if (target.endsWith('musl')) words.push('-dynamic');
  return { c: [command, 'cc', ...words], 'c++': [command, 'c++', ...words] };
}

function crossTargets() {
  // Not `npm ci`: that wants zig for every system to be in the lock file, and a registry may lack some.
  const install = ['install', '--no-save', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', install, { cwd: cross, stdio: 'inherit' });
  if (status !== 0) throw new Error('zig cannot be installed');
  return ['x64', 'arm64'].flatMap((cpu) =>
    ['glibc', 'musl'].map((libc) => {
      const processor = cpu === 'x64' ? 'x86_64' : 'aarch64';
      const compilers = zig(`${processor}-linux-${libc === 'glibc' ? 'gnu.2.17' : 'musl'}`);
      return { cpu, libc, compilers };
    }),
  );
}

const targets = argv.includes('--host')
  ? [{ cpu: arch, libc: libcFamily(), compilers: findCompilers() }]
  : crossTargets();
for (const { cpu, libc, compilers } of targets) {
  const into = join(root, 'prebuilds', `linux-${cpu}-${libc}`);
  for (const file of await buildNative({ into, compilers, parts: nativeParts() }))
    console.log(`prebuilt: ${file}`);
}
