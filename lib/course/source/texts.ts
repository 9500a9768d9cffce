/**
 * What of a source can be about a long text, and what cannot: operators over texts are counted by their length where they may be.
 *
 * An expression is *short* where its value is never a text of more than `piece` letters, whatever the rest does: a number, what an operator
 * other than `+` gives, a short literal. A name is a number where all that is ever assigned to that name, anywhere in the module, is one.
 * What is not known to be short may be long.
 *
 * A text grows by `+` and by built-ins, of which templates make use, and both look at what they made. What else has a long one says `mayBeLong`: a long
 * name or literal, and names that the engine puts together for functions.
 */
import { isFunction, type Tree, walk } from './parse.ts';
import { piece } from './piece.ts';

const arithmetic: ReadonlySet<unknown> = new Set([
  '-',
  '*',
  '/',
  '%',
  '**',
  '|',
  '&',
  '^',
  '<<',
  '>>',
  '>>>',
]);

interface Names {
  /** What is assigned to each name. */
  readonly values: Map<string, Tree[]>;
  /** Names that have values from elsewhere. */
  readonly others: Set<string>;
}

const nameOf = (node: Tree): string => String(node.name);

function namesIn(tree: Tree): Names {
  const values = new Map<string, Tree[]>();
  const others = new Set<string>();
  const note = (name: string, value?: Tree): void => {
    const list = values.get(name) ?? [];
    if (value !== undefined) list.push(value);
    values.set(name, list);
  };
  const noteAll = (pattern: Tree | null | undefined): void => {
    if (pattern == null) return;
    walk(pattern, (node) => {
      if (node.type === 'Identifier') others.add(nameOf(node));
    });
  };
  walk(tree, (node, parents) => {
    const [id, left] = [node.id as Tree | null | undefined, node.left as Tree];
    switch (node.type) {
      case 'VariableDeclarator': {
        const loop = parents.at(-2);
        const isGiven =
          (loop?.type === 'ForOfStatement' || loop?.type === 'ForInStatement') &&
          loop.left === parents.at(-1);
        if (id?.type === 'Identifier' && !isGiven) note(nameOf(id), (node.init as Tree | null) ?? undefined);
        else noteAll(id);
        break;
      }
      case 'AssignmentExpression':
        if (left.type !== 'Identifier') {
          if (left.type !== 'MemberExpression') noteAll(left);
        } else if (node.operator === '=' || node.operator === '+=') note(nameOf(left), node.right as Tree);
        else if (!arithmetic.has(String(node.operator).slice(0, -1))) others.add(nameOf(left));
        break;
      case 'ForOfStatement':
      case 'ForInStatement':
        if (left.type !== 'VariableDeclaration') noteAll(left);
        break;
      case 'ImportSpecifier':
      case 'ImportDefaultSpecifier':
      case 'ImportNamespaceSpecifier':
        noteAll(node.local as Tree);
        break;
      case 'CatchClause':
        noteAll(node.param as Tree | null);
        break;
      case 'ClassDeclaration':
      case 'ClassExpression':
        noteAll(id);
        break;
    }
    if (!isFunction(node)) return;
    noteAll(id);
    for (const param of node.params as Tree[]) noteAll(param);
  });
  return { values, others };
}

export interface Texts {
  isShort(node: Tree): boolean;
  /** A number, whatever it is. */
  isNumber(node: Tree): boolean;
  readonly mayBeLong: boolean;
}

export function textsOf(tree: Tree): Texts {
  const { values, others } = namesIn(tree);
  const numbers = new Set([...values.keys()].filter((name) => !others.has(name)));
  const both = (is: (one: Tree) => boolean, a: unknown, b: unknown): boolean =>
    is(a as Tree) && is(b as Tree);
  const isNumber = (node: Tree): boolean => {
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'number';
      case 'UpdateExpression':
        return true;
      case 'UnaryExpression':
        return ['-', '+', '~'].includes(String(node.operator));
      case 'BinaryExpression':
        return (
          arithmetic.has(node.operator) || (node.operator === '+' && both(isNumber, node.left, node.right))
        );
      case 'ConditionalExpression':
        return both(isNumber, node.consequent, node.alternate);
      case 'Identifier':
        return numbers.has(nameOf(node));
      default:
        return false;
    }
  };
  for (let before = -1; before !== numbers.size; ) {
    before = numbers.size;
    for (const name of numbers) if (!(values.get(name) as Tree[]).every(isNumber)) numbers.delete(name);
  }
  const isShort = (node: Tree): boolean => {
    switch (node.type) {
      case 'Literal':
        return typeof node.value !== 'string' || node.value.length <= piece;
      case 'UnaryExpression':
        return true;
      case 'BinaryExpression':
        return node.operator !== '+' || isNumber(node);
      case 'ConditionalExpression':
        return both(isShort, node.consequent, node.alternate);
      case 'LogicalExpression':
        return both(isShort, node.left, node.right);
      default:
        return isNumber(node);
    }
  };
  let mayBeLong = false;
  walk(tree, (node) => {
    const { type, computed, kind, value } = node;
    const text =
      type === 'Literal'
        ? value
        : type === 'TemplateElement'
          ? (value as { cooked?: unknown }).cooked
          : type === 'Identifier' || type === 'PrivateIdentifier'
            ? node.name
            : undefined;
    if (typeof text === 'string' && text.length > piece) mayBeLong = true;
    // The engine makes a name of a key: `get x`, `[x]`.
    if (computed !== true || isIteratorKey(node.key)) return;
    if (kind === 'get' || kind === 'set' || kind === 'method') mayBeLong = true;
    else if ((kind === 'init' || type === 'PropertyDefinition') && value !== null)
      mayBeLong ||= isNamed(value as Tree);
  });
  return { isShort, isNumber, mayBeLong };
}

/** `[Symbol.iterator]`, which is short. */
function isIteratorKey(key: unknown): boolean {
  const { object, property } = (key ?? {}) as { readonly [name in 'object' | 'property']?: Tree };
  return object?.name === 'Symbol' && property?.name === 'iterator';
}

/** Whether it takes its name from the key that it stands behind. */
const isNamed = (node: Tree): boolean => isFunction(node) || node.type === 'ClassExpression';
