/**
 * Records what the real Go 1.21 does, as lines that `pageheap verify` replays, and writes them to standard output.
 *
 *     node dist/bench/golden.js malloc-trace seed=7 mode=unswept > trace.jsonl
 *     node dist/bench/golden.js pacer-trace seed=7 scenarios=100 > pacer.jsonl
 *
 * What else can be said of a case stands at the head of its file: go/runtime/malloc_go121_test.go, pacer_go121_test.go. Needs
 * a Go 1.21 where findGo looks (rivals/go.ts).
 */
import { fileURLToPath } from 'node:url';
import { buildGo, findGo, is121, recordGo } from './rivals/go.ts';
import { endInOrder, temporaryFolder } from './temporary.ts';

const [name, ...words] = process.argv.slice(2);
endInOrder();
const go = findGo();
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
if (name === undefined || !words.every((word) => word.includes('='))) {
  say('usage: golden malloc-trace|pacer-trace seed=<n> [key=value]…');
  process.exitCode = 2;
} else if (go === undefined || !is121(go)) {
  say(`needs Go 1.21; found: ${go?.version ?? 'none'}`);
  process.exitCode = 2;
} else {
  const { path: into } = temporaryFolder('pageheap-golden');
  // This file lies in dist/bench; the sources of Go's side are not compiled.
  const sources = fileURLToPath(new URL('../../bench/go', import.meta.url));
  const params = Object.fromEntries(words.map((word) => word.split('=', 2) as [string, string]));
  process.stdout.write(recordGo(buildGo(go, sources, into, say), name, params));
}
