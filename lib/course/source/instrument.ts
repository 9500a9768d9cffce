/**
 * Counting work in the source: a hand-in is rewritten so that it adds to a counter what it does.
 *
 * A unit is: entering a function, a turn of a loop, working out a default value or what a field begins with, an access by a computed
 * index (`a[i]`, `x in a`). What is built in counts by itself, a unit a call and one for each element that it goes through
 * (sandbox/prelude.ts). So the count is the same on any machine, whatever the machine does meanwhile.
 *
 * What is done without a turn and a call is as long as it is written: a loop that is written out, turn by turn, would be a unit. So what is
 * entered once is a *stretch*, and a long one is a unit more for each few nodes of its tree (stretches.ts).
 *
 * The counter is reached by one name, which is none of the source's own: the code cannot name it, and has no other
 * way to it. Lines stay where they are, since stacks tell of them.
 *
 * The same can be done with the lines told to the counter: at each unit, before each call and after it. That counts the same, and
 * takes longer; it is for telling where the work went, after it was too much. What is built in counts for the line of its call; a call
 * among the arguments of another gives the line back to that.
 *
 * Not here: what a hand-in must not contain (parse.ts).
 */
import MagicString from 'magic-string';
import { isFunction, type ParsedSource, type Tree, walk } from './parse.ts';
import { doesNothing, stretchUnits } from './stretches.ts';

/** The module that holds the counter: a name that no handout's module has, and that no hand-in may import. */
export const counterModule = '$counter';

/** A name that does not occur in the source. */
function freshName(names: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const name = `$work${n === 0 ? '' : n}`;
    if (!names.has(name)) return name;
  }
}

const lineOf = (node: Tree | undefined): number => node?.loc?.start.line ?? 0;

/** The line that a call is on: where its name is, in a chain over several lines. */
function callLine(node: Tree): number {
  if (node.type === 'ChainExpression') return callLine(node.expression as Tree);
  const callee = node.callee as Tree | undefined;
  return lineOf(callee?.type === 'MemberExpression' ? (callee.property as Tree) : node);
}

const isCall = ({ type }: Tree): boolean => type === 'CallExpression' || type === 'NewExpression';

/** The call that this one is an argument of, in the same function. */
function outerCall(parents: readonly Tree[]): Tree | undefined {
  for (let i = parents.length - 1; i >= 0; i--) {
    const parent = parents[i] as Tree;
    if (isFunction(parent)) return undefined;
    if (isCall(parent)) return parent;
  }
  return undefined;
}

/** The source of the same module that counts; `lines`: and tells the counter its lines. */
export function instrument(
  text: string,
  { tree, names }: ParsedSource,
  how: 'units' | 'lines' = 'units',
): string {
  const counter = freshName(names);
  const out = new MagicString(text);
  /** Adds the units of a stretch that begins here. */
  const unit = (at: Tree, units = 1): string => {
    const more = units === 1 ? '' : `,${units}`;
    if (how === 'lines') return `${counter}.unit(${lineOf(at)}${more})`;
    return units === 1 ? `${counter}.n++` : `${counter}.n+=${units}`;
  };
  const enter = (body: Tree, units: number): void => {
    out.appendRight(body.start + 1, `${unit(body, units)};`);
  };
  const turn = (body: Tree, units: number): void => {
    if (body.type === 'BlockStatement') enter(body, units);
    else {
      out.appendRight(body.start, `{${unit(body, units)};`);
      out.prependLeft(body.end, '}');
    }
  };
  const count = (expression: Tree, units = 1): void => {
    out.appendRight(expression.start, `(${unit(expression, units)},`);
    out.prependLeft(expression.end, ')');
  };
  const value = (expression: Tree | null): void => {
    if (expression !== null && !doesNothing(expression)) count(expression, stretchUnits(expression));
  };
  const through = (expression: Tree, method: 'members' | 'names'): void => {
    out.appendRight(expression.start, `${counter}.${method}(`);
    out.prependLeft(expression.end, ')');
  };
  const call = (node: Tree, parents: readonly Tree[]): void => {
    const line = callLine(node);
    const outer = outerCall(parents);
    const back = outer === undefined ? line : callLine(outer);
    out.appendRight(node.start, `${counter}.back((${counter}.here(${line}),`);
    out.prependLeft(node.end, `),${back})`);
  };
  walk(tree, (node, parents) => {
    if (how === 'lines') {
      // A chain is left where it meets nothing: the whole of it is told.
      const inChain = parents.some(({ type }) => type === 'ChainExpression');
      if (node.type === 'ChainExpression' || (isCall(node) && !inChain)) call(node, parents);
    }
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const body = node.body as Tree;
        if (body.type === 'BlockStatement') enter(body, stretchUnits(body));
        else count(body, stretchUnits(body));
        break;
      }
      case 'ForInStatement':
        through(node.right as Tree, 'names');
        turn(node.body as Tree, stretchUnits(node));
        break;
      case 'ForStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        turn(node.body as Tree, stretchUnits(node));
        break;
      case 'AssignmentPattern':
        value(node.right as Tree);
        break;
      case 'PropertyDefinition':
        if (node.computed === true) count(node.key as Tree);
        value(node.value as Tree | null);
        break;
      case 'MemberExpression':
        if (node.computed === true) count(node.property as Tree);
        break;
      case 'BinaryExpression':
        if (node.operator === 'in' && (node.left as Tree).type !== 'PrivateIdentifier')
          count(node.left as Tree);
        break;
      case 'Property':
        if (node.computed === true) count(node.key as Tree);
        break;
      case 'SpreadElement':
        // What an iterable gives counts by itself.
        if (parents.at(-1)?.type === 'ObjectExpression') through(node.argument as Tree, 'members');
        break;
    }
  });
  // Behind an import a first line for the shell would be none.
  if (text.startsWith('#!')) out.overwrite(0, 2, '//');
  return `import { work as ${counter} } from '${counterModule}'; ${out.toString()}`;
}
