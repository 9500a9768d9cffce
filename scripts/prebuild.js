// Copies the addon and the recorder that were just built to where an installed package finds them. One addon serves
// every Node from 20 on, since it uses Node-API 8 alone.
import { copyFileSync, mkdirSync } from 'node:fs';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const folder = new URL(`prebuilds/${platform}-${arch}/`, root);
mkdirSync(folder, { recursive: true });
for (const name of ['pageheap.node', 'pageheap-record.so']) {
  copyFileSync(new URL(`build/Release/${name}`, root), new URL(name, folder));
  console.log(`prebuilt: ${fileURLToPath(folder)}${name}`);
}
