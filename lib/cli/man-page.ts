/**
 * The man page, as Markdown, from the command tree. scripts/generate-man.js makes man/pageheap.1 of it.
 */
import type { CommandNode, OptionNode } from './command-tree.ts';

const synopsisOf = ({ name, arguments: taken }: CommandNode): string => {
  const given = taken.map((each) => {
    const told = each.variadic ? `${each.name}...` : each.name;
    return each.required ? `<${told}>` : `[${told}]`;
  });
  return ['pageheap', name, '[options]', ...given].join(' ');
};

/** Text that Markdown is to leave as it is. */
const literal = (text: string): string => text.replace(/[\\`*_{}[\]<>#|]/g, '\\$&');

const optionLine = ({ flags, description, takes }: OptionNode): string => {
  const words = takes !== undefined && takes.kind === 'words' ? `; one of ${takes.words.join(', ')}` : '';
  return `* \`${flags}\`:\n  ${literal(description)}${literal(words)}.`;
};

function sectionOf(command: CommandNode): string {
  const parts = [
    `## ${command.name.toUpperCase()}`,
    `\`${synopsisOf(command)}\``,
    literal(command.description),
  ];
  for (const { name, description } of command.arguments)
    parts.push(`* \`${name}\`:\n  ${literal(description)}.`);
  const groups = new Map<string, OptionNode[]>();
  for (const option of command.options)
    groups.set(option.group, [...(groups.get(option.group) ?? []), option]);
  for (const [title, options] of groups) {
    if (groups.size > 1) parts.push(`**${title}**`);
    parts.push(options.map(optionLine).join('\n'));
  }
  return parts.join('\n\n');
}

export function manMarkdown(
  commands: readonly CommandNode[],
  introduction: string,
  exitCodes: string,
): string {
  const codes = exitCodes
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/))
    .map(([code, text]) => `* \`${code}\`:\n  ${literal(text)}.`);
  return `# pageheap(1) -- the page heap of the Go runtime, running for real

## SYNOPSIS

\`pageheap\` \`command\` [options] [arguments]

## DESCRIPTION

${literal(introduction)}

The commands are:

${commands.map(({ name, summary }) => `* \`${name}\`:\n  ${literal(summary)}.`).join('\n')}

${commands.map(sectionOf).join('\n\n')}

## ENVIRONMENT

* \`GOGC\`, \`GOMEMLIMIT\`, \`GODEBUG\`:
  as the Go runtime reads them; options override them.
* \`NO_COLOR\`, \`FORCE_COLOR\`:
  colour is for terminals, unless these say else.
* \`PAGEHEAP_ADDON\`:
  the file of the native addon, in place of the one that comes with the package.
* \`XDG_CACHE_HOME\`:
  where it is kept which page heaps passed \`pageheap conform\`.

## FILES

* \`runs/\`:
  run files and reports, in the working directory.

## EXIT STATUS

${codes.join('\n')}

## SEE ALSO

madvise(2), mincore(2), mmap(2), proc(5)
`;
}
