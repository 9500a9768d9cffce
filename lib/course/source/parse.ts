/**
 * A hand-in as a syntax tree, and what a hand-in must not contain.
 *
 * Work is counted in the source (instrument.ts), so nothing may run that has no source, or whose work no count sees:
 * code from strings, modules that are not part of the handout, numbers as long as memory, patterns that search
 * by themselves. What is refused is refused by the tree and not by the text, so an escape in a name changes nothing.
 *
 * Not here: counting; what is taken away from the realm that the code runs in (sandbox/prelude.ts).
 */
import { type Node, parse } from 'acorn';
import { PageHeapError } from '../../base/errors.ts';

/** A node of the tree with whatever members its type has. */
export type Tree = Node & Readonly<Record<string, unknown>>;

/** Something that a hand-in must not contain. */
export interface Refusal {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What is handed in is no JavaScript module. */
export class NoModuleError extends PageHeapError {
  readonly refusal: Refusal;

  constructor(file: string, refusal: Refusal, cause: SyntaxError) {
    super('ERR_FILE', refusal.message, { file, line: refusal.line, cause });
    this.refusal = refusal;
  }
}

export interface ParsedSource {
  readonly tree: Tree;
  /** Every name that occurs, as the engine reads it. */
  readonly names: ReadonlySet<string>;
  readonly refusals: readonly Refusal[];
}

const isNode = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** The children of a node, in the order of the source. */
export function childrenOf(node: Tree): Tree[] {
  const found: Tree[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) found.push(...value.filter(isNode));
    else if (isNode(value)) found.push(value);
  }
  // Most types list their members in that order.
  for (let i = 1; i < found.length; i++)
    if ((found[i] as Tree).start < (found[i - 1] as Tree).start)
      return found.sort((a, b) => a.start - b.start);
  return found;
}

/** Visits each node, parents first. */
export function walk(node: Tree, visit: (node: Tree, parents: readonly Tree[]) => void): void {
  const parents: Tree[] = [];
  const go = (at: Tree): void => {
    visit(at, parents);
    parents.push(at);
    for (const child of childrenOf(at)) go(child);
    parents.pop();
  };
  go(node);
}

export const isFunction = ({ type }: Tree): boolean =>
  type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';

/** Names of what runs code from strings, or computes without a count. */
const refusedNames: Readonly<Record<string, string>> = {
  eval: 'eval runs code from a string, which cannot be counted',
  Function: 'new Function makes code from a string, which cannot be counted',
  BigInt:
    'a BigInt computes over any number of bits at once, which cannot be counted; use numbers or a Uint32Array',
  RegExp: 'a regular expression searches by itself, which cannot be counted; write the loop',
};

function refusalOf(node: Tree, parents: readonly Tree[], modules: readonly string[]): string | undefined {
  switch (node.type) {
    case 'ImportExpression':
      return 'import() is not available; import the modules of the handout at the top';
    case 'MetaProperty':
      return (node.meta as { name: string }).name === 'import' ? 'import.meta is not available' : undefined;
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration': {
      const source = (node.source as { value?: unknown } | null | undefined)?.value;
      if (source === undefined || modules.includes(String(source))) return undefined;
      const own = modules.length === 0 ? 'there are none here' : `here: ${modules.join(', ')}`;
      return `'${source}' cannot be imported, only the modules of the handout can (${own})`;
    }
    case 'AwaitExpression':
    case 'ForOfStatement':
      if (node.type === 'ForOfStatement' && node.await !== true) return undefined;
      return parents.some(isFunction) ? undefined : 'await outside of a function is not available';
    case 'Literal':
      if (node.regex !== undefined) return refusedNames.RegExp;
      return node.bigint === undefined ? undefined : refusedNames.BigInt;
    case 'Identifier': {
      const parent = parents.at(-1);
      const isMember =
        (parent?.type === 'MemberExpression' && parent.property === node && parent.computed !== true) ||
        (parent?.type === 'Property' &&
          parent.key === node &&
          parent.computed !== true &&
          parent.shorthand !== true) ||
        ((parent?.type === 'MethodDefinition' || parent?.type === 'PropertyDefinition') &&
          parent.key === node &&
          parent.computed !== true);
      return isMember || !Object.hasOwn(refusedNames, String(node.name))
        ? undefined
        : refusedNames[String(node.name)];
    }
    case 'RestElement':
      return parents.at(-1)?.type === 'ObjectPattern'
        ? 'the rest of an object cannot be counted; name its members'
        : undefined;
    default:
      return undefined;
  }
}

/**
 * Parses the source of a module.
 * @param modules what it may import, as it is written there
 * @throws NoModuleError ERR_FILE, with the place
 */
export function parseSource(text: string, file: string, modules: readonly string[]): ParsedSource {
  let tree: Tree;
  try {
    tree = parse(text, { ecmaVersion: 2023, sourceType: 'module', locations: true }) as unknown as Tree;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { loc } = error as SyntaxError & {
      readonly loc?: { readonly line: number; readonly column: number };
    };
    const words = error.message.replace(/ \(\d+:\d+\)$/, '');
    const { line, column } = loc ?? { line: 1, column: 0 };
    const message = `is no JavaScript module: ${words}`;
    throw new NoModuleError(file, { line, column: column + 1, message }, error);
  }
  const names = new Set<string>();
  const refusals: Refusal[] = [];
  walk(tree, (node, parents) => {
    if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') names.add(String(node.name));
    const message = refusalOf(node, parents, modules);
    if (message === undefined) return;
    const { line, column } = node.loc?.start ?? { line: 1, column: 0 };
    // A shorthand is two nodes at one place.
    if (refusals.some((r) => r.line === line && r.column === column + 1 && r.message === message)) return;
    refusals.push({ line, column: column + 1, message });
  });
  return { tree, names, refusals };
}
