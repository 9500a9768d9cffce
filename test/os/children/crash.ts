/** Dies of an access, or lives, as its first argument says. */
import { CrashReport } from '../../../lib/os/crash.ts';
import { Sys } from '../../../lib/os/sys.ts';

const how = process.argv[2];
const sys = new Sys();
const page = 8192;
const arena = 64 * page;
const origin = sys.reserveAligned(arena, page);
sys.map(origin, arena, 'heap');
sys.used(origin, arena);
const view = new Uint8Array(sys.view(origin, arena));

// Columns: pages 8 to 11 are span 3, state 2, of 48-byte elements.
const columns = sys.alloc(sys.physPageSize, 'mspan');
const at = (offset: number) => columns + offset;
const bytes = new DataView(sys.view(columns, sys.physPageSize));
for (let p = 8; p < 12; p++) bytes.setInt32(4 * p, 3, true); // page → span, at 0
bytes.setUint8(512 + 3, 2); // state
bytes.setInt32(600 + 4 * 3, 8, true); // base
bytes.setInt32(700 + 4 * 3, 4, true); // pages
bytes.setUint8(800 + 3, 9); // class
bytes.setInt32(900 + 4 * 3, 48, true); // element size
bytes.setUint8(1024 + 1, 0x0f); // allocated bits of pages 8 to 11
bytes.setUint8(1024 + 64 + 2, 0x01); // page 16 scavenged

const report = new CrashReport(sys, {
  origin,
  pages: 64,
  ranges: [{ low: origin, high: origin + arena, name: 'heap' }],
  columns: {
    pageSpan: { address: at(0), elementBytes: 4, length: 64 },
    spanState: { address: at(512), elementBytes: 1, length: 8 },
    spanBase: { address: at(600), elementBytes: 4, length: 8 },
    spanPages: { address: at(700), elementBytes: 4, length: 8 },
    spanClass: { address: at(800), elementBytes: 1, length: 8 },
    elementSize: { address: at(900), elementBytes: 4, length: 8 },
    allocatedBits: { address: at(1024), elementBytes: 64, stride: 128, length: 1 },
    scavengedBits: { address: at(1024 + 64), elementBytes: 64, stride: 128, length: 1 },
  },
  stateNames: ['dead', 'in use', 'manual'],
});
console.log(origin.toString(16));

switch (how) {
  case 'span': {
    sys.fault(origin + 8 * page, 4 * page, 'heap');
    view[8 * page + 48 * 5 + 7] = 1;
    break;
  }
  case 'free-page': {
    sys.fault(origin + 16 * page, page, 'heap');
    view[16 * page] = 1;
    break;
  }
  case 'lost-columns': {
    sys.free(columns, sys.physPageSize, 'mspan', 'ready');
    sys.fault(origin + 8 * page, page, 'heap');
    view[8 * page] = 1;
    break;
  }
  case 'elsewhere': {
    const other = sys.reserve(0, page);
    new Uint8Array(sys.view(other, page))[0] = 1;
    break;
  }
  case 'disposed': {
    report.dispose();
    report.dispose();
    sys.fault(origin, page, 'heap');
    view[0] = 1;
    break;
  }
  case 'sent': {
    process.kill(process.pid, 'SIGSEGV');
    setTimeout(() => {}, 10_000);
    break;
  }
  default:
    view[0] = 1;
    console.log('alive');
}
