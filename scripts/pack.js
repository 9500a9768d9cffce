/**
 * Packs the package for publishing, into pageheap-VERSION.tgz here, or in the folder that is named:
 *
 *     npm run package                      everything is built first
 *     node scripts/pack.js FOLDER          what is built is packed
 *
 * It is what `npm pack` gives, but for two things. Its package.json is for those who install it: no scripts, which npm
 * would ask about, and no tools for development. And the long traces are packed as recordings, a quarter as large: the
 * same operations, without the names of their callers.
 *
 * Beside it lies pageheap-instructor-VERSION.tgz, the folder instructor/: what students do not get.
 *
 * So a packed file is published, not the folder: npm publish pageheap-VERSION.tgz.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { argv, cwd } from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { forEachBatch } from '../dist/lib/lab/trace/reader.js';
import { RecordingWriter, recordingHead } from '../dist/lib/lab/trace/recording-writer.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pageheap-pack-'));
const pack = (from, into) =>
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', into], {
    cwd: from,
    encoding: 'utf8',
  }).trim();

/** Writes a trace as a recording, and takes it away. */
async function packTrace(trace, recording) {
  const rows = [];
  const writer = new RecordingWriter();
  let ops = 0;
  await forEachBatch(trace, (batch) => {
    ops += batch.count;
    // Text tells no threads and no times.
    batch.threads.fill(0);
    batch.times.fill(0);
    rows.push(writer.rows(batch));
  });
  const header = {
    pid: 0,
    executable: '',
    command: [],
    started: '',
    threads: 1,
    seconds: 0,
    ops,
    samples: [],
  };
  writeFileSync(
    recording,
    gzipSync(Buffer.concat([recordingHead(header), ...rows, writer.end()]), { level: 9 }),
  );
  rmSync(trace);
}

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
  const traces = join(folder, packed.name, 'traces');
  for (const name of ['sqlite-ramp', 'perl'])
    await packTrace(join(traces, `${name}.mtrace.gz`), join(traces, `${name}.rec.gz`));
  const into = resolve(argv[2] ?? cwd());
  mkdirSync(into, { recursive: true });
  console.log(join(into, pack(join(folder, packed.name), into)));
  // What students do not get: references, mutants and the pages for instructors.
  const instructors = join(into, `pageheap-instructor-${published.version}.tgz`);
  execFileSync('tar', [
    '-czf',
    instructors,
    '-C',
    root,
    '--transform',
    's,^instructor,pageheap-instructor,',
    'instructor',
  ]);
  console.log(instructors);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
