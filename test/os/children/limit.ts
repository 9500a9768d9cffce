/** Grows until a limit of the system says no, and goes on; prints what happened as JSON. */
import { GiB, KiB, MiB } from '../../../lib/base/units.ts';
import { PlainAccounts } from '../../../lib/os/accounts.ts';
import { Sys } from '../../../lib/os/sys.ts';

const accounts = new PlainAccounts();
const sys = new Sys({ debug: true, accounts });
const outcome: Record<string, unknown> = {};

if (process.argv[2] === 'address-space') {
  outcome.huge = sys.reserve(0, 64 * GiB);
  outcome.hugeErrno = sys.lastErrno;
  outcome.aligned = sys.reserveAligned(64 * GiB, 64 * MiB);
  // Too little is left for the wide way: the second way must do.
  const modest = sys.reserveAligned(64 * MiB, 16 * GiB);
  outcome.modest = modest === 0 ? 'refused' : modest % (16 * GiB);
  if (modest !== 0) sys.free(modest, 64 * MiB, 'heap', 'reserved');
  const got: number[] = [];
  for (;;) {
    const at = sys.alloc(16 * MiB, 'heap');
    if (at === 0) break;
    got.push(at);
  }
  outcome.errno = sys.lastErrno;
  outcome.booked = accounts.of('heap') === got.length * 16 * MiB && accounts.ready === got.length * 16 * MiB;
  for (const at of got) sys.free(at, 16 * MiB, 'heap', 'ready');
} else {
  const at = sys.reserve(0, GiB);
  outcome.reserved = at > 0;
  let mapped = 0;
  while (mapped < GiB && sys.map(at + mapped, 16 * MiB, 'heap')) mapped += 16 * MiB;
  outcome.refused = mapped < GiB;
  outcome.errno = sys.lastErrno;
  // What was refused is still Reserved, by the books and by the kernel, and may be tried again.
  outcome.commit = sys.commit(at + mapped, 16 * MiB, 'mspan');
  outcome.still = sys.states!.stateOf(at + mapped, at + mapped + 16 * MiB);
  outcome.faults = sys.peek(at + mapped, 1) === undefined;
  outcome.booked = accounts.of('heap') === mapped && accounts.of('mspan') === 0 && accounts.ready === 0;
  sys.free(at, GiB, 'heap', 'reserved');
  accounts.add('heap', -mapped);
}

const again = sys.alloc(64 * KiB, 'gc');
outcome.usable = again !== 0 && sys.poke(again, Uint8Array.of(1));
sys.free(again, 64 * KiB, 'gc', 'ready');
outcome.left = [accounts.of('heap'), accounts.of('gc'), accounts.ready, sys.states!.list().length];
console.log(JSON.stringify(outcome));
