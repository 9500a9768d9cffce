/**
 * Completion scripts of three shells, written from the command tree. A script holds all words itself: pressing Tab
 * starts no process.
 *
 * Not here: the tree (command-tree.ts).
 */
import type { CommandNode, OptionNode, TakenValue } from './command-tree.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const head = (shell: Shell, how: string): string =>
  `# ${shell} completion for pageheap. Written by \`pageheap completion ${shell}\`.\n# ${how}\n`;

/** A text within single quotes, for bash and zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const flagsOf = ({ short, long }: OptionNode): string[] => (short === undefined ? [long] : [short, long]);

/** A description's first clause: a line of a menu has room for no more. */
const brief = (text: string): string => text.split(/ \(|;|\. /)[0];

// ---------------------------------------------------------------- bash

/** Words, then files or folders, as what the variable `cur` begins. */
function bashReply({ kind, words }: TakenValue): string {
  const parts = words.length > 0 ? [`-W ${quoted(words.join(' '))}`] : [];
  if (kind === 'file') parts.push('-f');
  if (kind === 'folder') parts.push('-d');
  if (parts.length === 0) return 'COMPREPLY=()';
  const names = kind === 'file' || kind === 'folder' ? 'compopt -o filenames 2>/dev/null; ' : '';
  return `${names}mapfile -t COMPREPLY < <(compgen ${parts.join(' ')} -- "$cur")`;
}

function bashCommand({ name, options, arguments: [first] }: CommandNode): string {
  const values = options.flatMap((option) =>
    option.takes === undefined
      ? []
      : [`        ${flagsOf(option).join('|')}) ${bashReply(option.takes)}; return ;;`],
  );
  const switches = options.flatMap(flagsOf).join(' ');
  return `    ${name})
      case $prev in
${[...values, '        *) ;;'].join('\n')}
      esac
      if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W ${quoted(switches)} -- "$cur")
      else ${first === undefined ? 'COMPREPLY=()' : bashReply(first.takes)}; fi
      ;;`;
}

function bash(commands: readonly CommandNode[]): string {
  const names = [...commands.map(({ name }) => name), 'help'];
  return `${head('bash', 'Put into ~/.bashrc: source <(pageheap completion bash)')}
_pageheap() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command='' at
  # Bash cuts --option=value at the sign.
  if [[ $cur == = ]]; then cur=''; prev=\${COMP_WORDS[COMP_CWORD - 1]}
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [[ \${COMP_WORDS[at]} != -* ]]; then command=\${COMP_WORDS[at]}; break; fi
  done
  COMPREPLY=()
  case $command in
    '') mapfile -t COMPREPLY < <(compgen -W ${quoted([...names, '--help', '--version'].join(' '))} -- "$cur") ;;
    help) mapfile -t COMPREPLY < <(compgen -W ${quoted(names.slice(0, -1).join(' '))} -- "$cur") ;;
${commands.map(bashCommand).join('\n')}
    *) ;;
  esac
}
complete -F _pageheap pageheap
`;
}

// ---------------------------------------------------------------- zsh

/** A text within brackets or before a colon of a specification. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

function zshAction({ kind, words }: TakenValue): string {
  const list = words.map((word) => word.replace(/[\s:\\()]/g, '\\$&')).join(' ');
  if (kind === 'file')
    return words.length > 0 ? `{_alternative "words:name:(${list})" "files:file:_files"}` : '_files';
  if (kind === 'folder') return '_files -/';
  return words.length > 0 ? `(${list})` : ' ';
}

function zshOption(option: OptionNode): string {
  const { short, long, description, takes } = option;
  const text = `[${zshText(brief(description))}]`;
  const value = takes === undefined ? '' : `:${zshText(takes.placeholder)}:${zshAction(takes)}`;
  const mark = takes === undefined ? '' : '=';
  if (short === undefined) return quoted(`*${long}${mark}${text}${value}`);
  const either = quoted(`(${short} ${long})`);
  return `${either}{${short},${long}${mark}}${quoted(`${text}${value}`)}`;
}

function zshCommand(command: CommandNode): string {
  const specs = [
    ...command.options.map(zshOption),
    ...command.arguments.map(({ name, variadic, takes }) =>
      quoted(`${variadic ? '*' : ''}:${zshText(name)}:${zshAction(takes)}`),
    ),
  ];
  return `        ${command.name})\n          _arguments -s ${specs.join(' \\\n            ')} ;;`;
}

function zsh(commands: readonly CommandNode[]): string {
  const names = commands
    .map(({ name, summary }) => `    ${quoted(`${name}:${zshText(summary)}`)}`)
    .join('\n');
  return `#compdef pageheap
${head('zsh', 'Write it to a file _pageheap in a folder of $fpath, or put into ~/.zshrc: source <(pageheap completion zsh)')}
_pageheap() {
  local state line curcontext="$curcontext"
  local -a commands
  commands=(
${names}
    'help:show the help of a command'
  )
  _arguments -C '(- *)'{-h,--help}'[show help]' '(- *)'{-V,--version}'[print the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
        help) _describe command commands ;;
${commands.map(zshCommand).join('\n')}
      esac ;;
  esac
}
# Loaded from $fpath it is called at once; sourced, it is announced.
if [[ $funcstack[1] == _pageheap ]]; then _pageheap "$@"; else compdef _pageheap pageheap; fi
`;
}

// ---------------------------------------------------------------- fish

const fishText = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

function fishValue({ kind, words }: TakenValue): string {
  const list = words.length > 0 ? ` -a ${fishText(words.join(' '))}` : '';
  if (kind === 'file') return ` -r -F${list}`;
  if (kind === 'folder') return ` -x -a '(__fish_complete_directories)'`;
  return ` -x${list}`;
}

function fishCommand({ name, options, arguments: [first] }: CommandNode): string {
  const when = `complete -c pageheap -n ${fishText(`__fish_seen_subcommand_from ${name}`)}`;
  const lines = options.map(({ short, long, description, takes }) => {
    const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
    const value = takes === undefined ? '' : fishValue(takes);
    return `${when}${letter} -l ${long.slice(2)}${value} -d ${fishText(brief(description))}`;
  });
  if (first !== undefined && first.takes.words.length > 0)
    lines.push(`${when} -a ${fishText(first.takes.words.join(' '))}`);
  if (first?.takes.kind === 'file') lines.push(`${when} -F`);
  return lines.join('\n');
}

function fish(commands: readonly CommandNode[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const none = `complete -c pageheap -n ${fishText(`not __fish_seen_subcommand_from ${names} help`)}`;
  return `${head('fish', 'Write it to ~/.config/fish/completions/pageheap.fish')}
complete -c pageheap -f
${none} -s h -l help -d 'show help'
${none} -s V -l version -d 'print the version'
${none} -a help -d 'show the help of a command'
${commands.map(({ name, summary }) => `${none} -a ${name} -d ${fishText(summary)}`).join('\n')}
complete -c pageheap -n '__fish_seen_subcommand_from help' -a ${fishText(names)}
${commands.map(fishCommand).join('\n')}
`;
}

const writers = { bash, zsh, fish } as const;

/** The completion script of a shell. */
export function completionScript(shell: Shell, commands: readonly CommandNode[]): string {
  return writers[shell](commands);
}
