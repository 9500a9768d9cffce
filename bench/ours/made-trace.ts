/**
 * A made mtrace file of any length: a table of slots, each operation allocates in an empty one or
 * frees what a full one holds. An address comes back after its free, as a real allocator's do.
 */

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mixedSize, Random } from '../workload.ts';

const slots = 32768;
const firstAddress = 0x7f00_0000_0000;
const slotBytes = 65536 * 2;

/** Writes a trace of `lines` operations, hands its name to `use`, and removes it. */
export async function withMadeTrace(lines: number, use: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pageheap-trace-'));
  try {
    const file = join(folder, 'made.mtrace');
    write(file, lines);
    await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(file: string, lines: number): void {
  const random = new Random();
  const full = new Uint8Array(slots);
  const out = openSync(file, 'w');
  try {
    let text = '= Start\n';
    for (let i = 0; i < lines; i++) {
      const slot = random.below(slots);
      const address = (firstAddress + slot * slotBytes).toString(16);
      const caller = (0x1000 + random.below(4096)).toString(16);
      text +=
        full[slot] === 1
          ? `@ program:[0x${caller}] - 0x${address}\n`
          : `@ program:[0x${caller}] + 0x${address} 0x${mixedSize(random).toString(16)}\n`;
      full[slot] ^= 1;
      if (text.length > 1 << 20) {
        writeSync(out, text);
        text = '';
      }
    }
    writeSync(out, `${text}= End\n`);
  } finally {
    closeSync(out);
  }
}
