/** What a recording calls its program. */
import { expect, it } from 'vitest';
import { programName } from '../../../lib/lab/trace/recorded.ts';

it.each([
  ['/usr/bin/redis-check-rdb', ['redis-server', '--port', '0'], 'redis-server'],
  ['/usr/bin/dash', ['/bin/sh', '-c', 'true'], 'sh'],
  ['/usr/bin/bash', ['-bash'], 'bash'],
  ['/usr/bin/python3.11', ['/usr/bin/python3', './script.py'], 'python3'],
  ['/usr/bin/jq', [], 'jq'],
  ['/usr/bin/jq', [''], 'jq'],
  ['/usr/bin/jq', ['/'], 'jq'],
])('%s, started as %j, is %s', (executable, command, name) => {
  expect(programName({ executable, command })).toBe(name);
});
