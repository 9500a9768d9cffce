import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inProcess } from './in-process.ts';

const script = async (shell: string): Promise<string> => {
  const { code, out, err } = await inProcess(['completion', shell]);
  expect([code, err]).toEqual([0, '']);
  return out;
};

/** What bash offers for the last of these words. */
function offered(bash: string, ...words: string[]): string[] {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pageheap 2>&1; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync('bash', ['-c', `${bash}\n${ask}`, 'bash', 'pageheap', ...words], {
    encoding: 'utf8',
    cwd: new URL('..', import.meta.url),
  });
  return stdout.trim().split('\n').sort();
}

const hasShell = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe('pageheap completion', () => {
  it('offers commands, options, and what they take', async () => {
    const bash = await script('bash');
    expect(offered(bash, 'com')).toEqual(['compare', 'completion']);
    expect(offered(bash, 'help', 've')).toEqual(['verify']);
    expect(offered(bash, 'run', '--memory')).toEqual(['--memory-limit']);
    expect(offered(bash, 'run', '--generation', '')).toEqual(['lists', 'radix', 'treap']);
    expect(offered(bash, 'run', '--generation', '=', 'tr')).toEqual(['treap']);
    expect(offered(bash, 'run', '--generation', '=')).toEqual(['lists', 'radix', 'treap']);
    expect(offered(bash, 'run', 's')).toEqual(expect.arrayContaining(['sqlite-ramp', 'stripes']));
    expect(offered(bash, 'compare', '-c', 'r')).toEqual(['radix']);
    expect(offered(bash, 'conform', 'l')).toEqual(expect.arrayContaining(['lists', 'lab', 'layers.test.ts']));
    expect(offered(bash, 'run', '-o', 'fix')).toEqual(['fixtures']);
    expect(offered(bash, 'run', '--duration', '')).toEqual(['']);
    expect(offered(bash, 'completion', '')).toEqual(['bash', 'fish', 'zsh']);
  });

  it.each(['bash', 'zsh', 'fish'])('knows every option of every command, for %s', async (shell) => {
    const text = await script(shell);
    const { out: overview } = await inProcess(['--help']);
    const commands = [...overview.matchAll(/^ {2}([a-z]+) +(?:\[command\])? /gm)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(7);
    for (const command of commands.filter((name) => name !== 'help')) {
      const { out } = await inProcess([command, '--help']);
      const long = [...out.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name);
      expect(long).toContain('help');
      for (const name of long) expect(text).toContain(shell === 'fish' ? `-l ${name} ` : `--${name}`);
    }
  });

  it.each(['bash', 'zsh', 'fish'].filter(hasShell))('is read by %s', async (shell) => {
    const file = join(mkdtempSync(join(tmpdir(), 'pageheap-completion-')), 'script');
    writeFileSync(file, await script(shell));
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    rmSync(dirname(file), { recursive: true });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('refuses a shell that it does not know, and a missing one', async () => {
    expect((await inProcess(['completion', 'csh'])).code).toBe(2);
    const { code, err } = await inProcess(['completion']);
    expect([code, err]).toEqual([2, expect.stringContaining('shell')]);
  });
});
