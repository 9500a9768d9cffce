import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { signalChild } from '../../lib/base/signal-child.ts';

it('ends a child', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  signalChild(child, 'SIGKILL');
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
});

it('sends nothing where there is no child: Node would send it to a pid that nobody wrote, mostly 0, all of this group', async () => {
  const child = spawn('/nowhere/program');
  const kill = vi.spyOn(child, 'kill').mockReturnValue(true);
  signalChild(child, 'SIGKILL');
  await once(child, 'error');
  signalChild(child, 'SIGKILL');
  expect(kill).not.toHaveBeenCalled();
});
