import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { childrenOf } from '../cli/spawn.ts';
import { sendSignal } from '../support/signals.ts';

const { Sandbox } = await import(
  /* @vite-ignore */ pathToFileURL(join(process.cwd(), 'dist/lib/course/sandbox/sandbox.js')).href
);

const probe = { entry: 'probe.mjs', modules: { 'probe.mjs': '' }, exports: [], units: 1000 };

// SIGKILL is what the kernel sends where memory is over: that may be the hand-in's own.
test.each([
  ['SIGTERM', 'busy', 'from outside'],
  ['SIGINT', 'busy', 'from outside'],
  ['SIGKILL', 'ended', 'its process ended (SIGKILL)'],
] as const)('%s to the process of a hand-in', async (signal, why, message) => {
  const others = childrenOf(process.pid);
  const sandbox = new Sandbox();
  try {
    await sandbox.ask({ k: 'load', ...probe });
    const [own] = childrenOf(process.pid).filter((pid) => !others.includes(pid));
    sendSignal(own, signal);
    await expect(sandbox.ask({ k: 'load', ...probe })).rejects.toMatchObject({
      why,
      message: expect.stringContaining(message),
    });
  } finally {
    sandbox.close();
  }
});
