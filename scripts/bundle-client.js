/**
 * Puts the programs of the report's pages together, a file each, from lib/lab/report/client:
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

const client = fileURLToPath(new URL('../lib/lab/report/client/', import.meta.url));

for (const [entry, name] of [
  ['main.ts', 'run-page.js'],
  ['compare-main.ts', 'comparison-page.js'],
  ['grid-main.ts', 'grid-page.js'],
]) {
  const bundle = await rolldown({ input: join(client, entry), platform: 'browser' });
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
