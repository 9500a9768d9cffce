import { describe, expect, it } from 'vitest';
import { commandNode } from '../../lib/cli/command-tree.ts';
import { allCommands } from '../../lib/cli/commands.ts';
import { exitCodesHelp } from '../../lib/cli/exit-codes.ts';
import { Interrupts } from '../../lib/cli/interrupts.ts';
import { manMarkdown } from '../../lib/cli/man-page.ts';
import { Terminal } from '../../lib/cli/terminal.ts';

describe('the man page', () => {
  it('has every command with its options, and what is beside them', async () => {
    const interrupts = new Interrupts();
    interrupts.leaveToSystem();
    const commands = await allCommands({ terminal: new Terminal(), interrupts, exitCode: 0 });
    const nodes = commands.map((command) => commandNode(command, {}));
    const text = manMarkdown(nodes, 'An introduction with *signs*.', exitCodesHelp);
    expect(text).toContain('An introduction with \\*signs\\*.');
    for (const { name, options } of nodes) {
      const section = text.split(`## ${name.toUpperCase()}\n`)[1].split('\n## ')[0];
      expect(section).toContain(`\`pageheap ${name} [options]`);
      for (const { flags } of options) expect(section).toContain(`* \`${flags}\`:`);
    }
    for (const part of ['GOMEMLIMIT', 'PAGEHEAP_ADDON', 'runs/', '* `130`:', 'madvise(2)'])
      expect(text).toContain(part);
  });
});
