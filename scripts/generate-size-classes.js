/**
 * Writes lib/alloc/size-class-table.ts from the rules in lib/alloc/size-class-generator.ts:
 *
 *     npm run build:ts && node scripts/generate-size-classes.js
 *
 * It loads the compiled generator because the oldest supported Node does not run TypeScript.
 */
import { writeFileSync } from 'node:fs';
import { sizeClassTableSource } from '../dist/lib/alloc/size-class-generator.js';

writeFileSync(new URL('../lib/alloc/size-class-table.ts', import.meta.url), sizeClassTableSource());
