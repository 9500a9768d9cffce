/**
 * Writes the tables of options in the documents from their declarations:
 *
 *     npm run build:ts && node scripts/generate-option-tables.js
 *
 * It loads compiled code because the oldest supported Node does not run TypeScript.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { optionTables, withOptionTable } from '../dist/lib/cli/option-docs.js';

for (const { document, name, table } of optionTables) {
  const path = new URL(`../${document}`, import.meta.url);
  const text = withOptionTable(readFileSync(path, 'utf8'), name, table);
  if (text === undefined) throw new Error(`${document} has no place for the options '${name}'`);
  writeFileSync(path, text);
}
