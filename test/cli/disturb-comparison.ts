/** A comparison that something happens to while a run of it is in progress. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf, type Outcome, pageheap } from './spawn.ts';

/** Runs a comparison of two configurations; `act` is called when the run file of that name has samples. */
export async function disturb(
  into: string,
  file: string,
  act: (parent: number, children: readonly number[]) => void | Promise<void>,
): Promise<{ outcome: Outcome; folder: string }> {
  const inside = (): string[] => (existsSync(into) ? readdirSync(into) : []);
  const begun = (): boolean =>
    inside().some((folder) => {
      const path = join(into, folder, file);
      return existsSync(path) && /"k":"s".*"ops":[1-9]/.test(readFileSync(path, 'utf8'));
    });
  const args = ['compare', 'git', '--duration', '1', '--idle', '0', '-r', '1', '-c', 'radix', '-c', 'treap'];
  const outcome = await pageheap([...args, '--out', into], {
    started: async (child) => {
      while (!begun() && child.exitCode === null && child.signalCode === null) await pause(10);
      await act(child.pid ?? 0, childrenOf(child.pid ?? 0));
    },
  });
  return { outcome, folder: join(into, inside()[0]) };
}
