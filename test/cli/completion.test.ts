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

/** What bash, in one process, offers for the last of these words each. */
function offered(bash: string, asked: readonly (readonly string[])[]): string[][] {
  const answer = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pageheap 2>&1; printf '%s\\n' "\${COMPREPLY[@]}"; printf '\\0'`;
  const asks = asked.map(
    (words) => `set -- pageheap ${words.map((word) => `'${word}'`).join(' ')}; ${answer}`,
  );
  const { stdout } = spawnSync('bash', ['-c', [bash, ...asks].join('\n')], {
    encoding: 'utf8',
    cwd: new URL('..', import.meta.url),
  });
  const answers = stdout.split('\0').slice(0, -1);
  return answers.map((text) => text.trim().split('\n').sort());
}

const hasShell = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe('pageheap completion', () => {
  it('offers commands, options, and what they take', async () => {
    const cases: readonly (readonly [words: string[], wanted: unknown])[] = [
      [['com'], ['compare', 'completion']],
      [['help', 've'], ['verify']],
      [['run', '--memory'], ['--memory-limit']],
      [
        ['run', '--generation', ''],
        ['lists', 'radix', 'treap'],
      ],
      [['run', '--generation', '=', 'tr'], ['treap']],
      [
        ['run', '--generation', '='],
        ['lists', 'radix', 'treap'],
      ],
      [['run', 's'], expect.arrayContaining(['sqlite-ramp', 'stripes'])],
      [['compare', '-c', 'r'], ['radix']],
      [['conform', 'l'], expect.arrayContaining(['lists', 'lab', 'layers.test.ts'])],
      [['run', '-o', 'fix'], ['fixtures']],
      [['run', '--duration', ''], ['']],
      [
        ['completion', ''],
        ['bash', 'fish', 'zsh'],
      ],
    ];
    const asked = cases.map(([words]) => words);
    expect(offered(await script('bash'), asked)).toEqual(cases.map(([, wanted]) => wanted));
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
