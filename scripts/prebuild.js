// Copies the addon that was just built to where an installed package finds it. One binary serves
// every Node from 20 on, since it uses Node-API 8 alone.
import { copyFileSync, mkdirSync } from 'node:fs';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const folder = new URL(`prebuilds/${platform}-${arch}/`, root);
mkdirSync(folder, { recursive: true });
copyFileSync(new URL('build/Release/pageheap.node', root), new URL('pageheap.node', folder));
console.log(`prebuilt: ${fileURLToPath(folder)}pageheap.node`);
