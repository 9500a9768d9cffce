/**
 * Puts the programs of the report's pages together, a file each, from the folders `client` in lib/lab:
 *
 *     node scripts/bundle-client.js FOLDER
 *
 * `npm run build:ts` writes them to dist/lib/lab/report, where a report is made from; tests, which run from the
 * sources, to a folder of their own. Each is one script that imports nothing.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, pid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const lab = fileURLToPath(new URL('../lib/lab/', import.meta.url));

for (const [entry, name] of [
  ['report/client/main.ts', 'run-page.js'],
  ['report/client/compare-main.ts', 'comparison-page.js'],
  ['report/client/grid-main.ts', 'grid-page.js'],
  ['live/client/main.ts', 'live-page.js'],
]) {
  const bundle = await rolldown({ input: join(lab, entry), platform: 'browser' });
  const { output } = await bundle.generate({
    format: 'iife',
    comments: false,
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  });
  await bundle.close();
  // Renamed into its place, so that a command beside it finds the old one or the new one, and never a part.
  const made = join(argv[2], `.${name}-${pid}`);
  writeFileSync(made, output[0].code);
  renameSync(made, join(argv[2], name));
}
