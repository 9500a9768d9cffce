/**
 * Calls everything that the addon exports with nonsense. Arguments: a seed, and how often each is called. Prints as JSON
 * how many calls there were, of how many names, and which threw.
 *
 * What is sound for the kernel is done by it: unmapping this program's own code would be. So no number here is an
 * address of this process, but for one region made for it, and lengths that could reach beyond it are left to others.
 */
import { loadAddon } from '../../../lib/os/addon.ts';
import { Random } from '../../support/random.ts';

const addon = loadAddon();
const random = new Random(Number(process.argv[2]));
const rounds = Number(process.argv[3]);
const region = addon.reserve(0, 1 << 20);

const detached = new Uint8Array(8);
structuredClone(detached, { transfer: [detached.buffer] });
const nonsense: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  1,
  -1,
  0.5,
  7,
  4095,
  4096,
  65_536,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 47,
  2 ** 52,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  1e308,
  5n,
  -5n,
  2n ** 80n,
  '',
  '4096',
  'x'.repeat(5000),
  Symbol('x'),
  {},
  Object.create(null),
  [],
  [4096],
  () => 1,
  class {},
  new Date(),
  /x/,
  new Proxy({}, {}),
  new Uint8Array(0),
  new Uint8Array(9),
  new Float64Array(0),
  new Float64Array(9),
  new Int32Array(4),
  new BigInt64Array(4),
  new DataView(new ArrayBuffer(64)),
  new ArrayBuffer(64),
  new SharedArrayBuffer(64),
  new Uint8Array(new SharedArrayBuffer(64)),
  new Float64Array(new SharedArrayBuffer(128)),
  detached,
  Buffer.alloc(20),
  region,
  region + 1,
  region + 4096,
  { valueOf: () => 4096 },
  {
    toString() {
      throw new Error('no text');
    },
  },
];
/** The first argument of what changes memory: never an address of something else. */
const changing = new Set([
  'reserve',
  'alloc',
  'map',
  'fault',
  'protect',
  'free',
  'advise',
  'name',
  'poke',
  'pokeByPipe',
  'fill',
  'copy',
  'benchTouch',
  'benchUnused',
]);
/** Lengths, by which a change of the region would reach beyond it. */
const isShort = (value: unknown): boolean => typeof value !== 'number' || !(value > 65_536);

let calls = 0;
const names = new Set<string>();
const threw = new Set<string>();
for (const [name, call] of Object.entries(addon)) {
  if (typeof call !== 'function') continue;
  names.add(name);
  for (let i = 0; i < rounds; i++) {
    const count = random.below(6);
    const args = Array.from({ length: count }, () => random.of(nonsense));
    if (
      changing.has(name) &&
      !args.slice(1).every(isShort) &&
      args.some((value) => typeof value === 'number' && value >= region && value < region + 8192)
    )
      continue;
    // A word that is as expected sleeps for as long as it is told.
    if (name === 'futexWait') args[2] = 1000;
    calls++;
    try {
      Reflect.apply(call, random.of([undefined, addon, null]), args);
    } catch (error) {
      threw.add(`${name}: ${error instanceof Error ? error.message : 'something'}`);
    }
  }
}
process.stdout.write(JSON.stringify({ calls, names: names.size, threw: [...threw] }));
