import { expect, it } from 'vitest';
import { calledAs, commandHere } from '../../lib/base/called-as.ts';

const path = '/usr/bin:/usr/local/bin';
it.each<[string, string | undefined, Record<string, string>, string]>([
  ['by npx', '/home/p/node_modules/.bin/pageheap', { npm_command: 'exec' }, 'npx pageheap'],
  ['by a script of npm', '/home/p/bin/pageheap.js', { npm_command: 'run-script' }, 'npx pageheap'],
  ['by a shell in a folder of packages', '/home/p/node_modules/.bin/pageheap', {}, 'npx pageheap'],
  ['by another manager of packages', '/home/p/node_modules/pageheap/bin/pageheap.js', {}, 'npx pageheap'],
  ['where it is in the path', '/usr/local/bin/pageheap', {}, 'pageheap'],
  ['by Node, in a clone', '/home/p/bin/pageheap.js', {}, 'node bin/pageheap.js'],
  ['by Node, from a folder of the clone', '/bin/pageheap.js', {}, 'node /bin/pageheap.js'],
  ['by Node, from a folder beside', '/home/clone/bin/pageheap.js', {}, 'node ../clone/bin/pageheap.js'],
  ['by its link in a clone', '/home/p/bin/pageheap', {}, 'bin/pageheap'],
  ['by its link here', '/home/p/pageheap', {}, './pageheap'],
  ['under a name with a space', '/home/p/my bin/pageheap.js', {}, "node 'my bin/pageheap.js'"],
  ['as a library', '/home/p/experiment.mjs', {}, 'pageheap'],
  ['from standard input', undefined, {}, 'pageheap'],
])('%s', (_how, script, env, called) => {
  expect(calledAs({ env: { PATH: path, ...env }, script, folder: '/home/p' })).toBe(called);
});

it('a command names files as a shell takes them', () => {
  expect(commandHere('report', 'runs/a b.jsonl')).toMatch(/ report 'runs\/a b\.jsonl'$/);
});
