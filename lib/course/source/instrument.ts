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
 * What an operator does to a long text counts by its length. As long as no text has more than a piece of letters there is nothing to count, and
 * that is all that is asked at a comparison or a key; what `+` made is looked at unless it is a number. What cannot be long is left as it is (texts.ts).
 *
 * The counter is reached by names that are none of the source's own: the code cannot name it, and has no other
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
import { textsOf } from './texts.ts';

/** The module that holds the counter: a name that no handout's module has, and that no hand-in may import. */
export const counterModule = '$counter';
/** The module that says whether there are long texts. */
const textsModule = '$texts';

/** A name that does not occur in the source. */
function freshName(wanted: string, names: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const name = `${wanted}${n === 0 ? '' : n}`;
    if (!names.has(name)) return name;
  }
}

/** Operators that compare, and what the counter calls them. */
const comparisons: Readonly<Record<string, string>> = {
  '===': 'is',
  '!==': 'isNot',
  '==': 'like',
  '!=': 'unlike',
  '<': 'less',
  '<=': 'atMost',
  '>': 'more',
  '>=': 'atLeast',
};

/** The place of the operator between two operands. */
function operatorAt(text: string, operator: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (text.startsWith('/*', at)) at = text.indexOf('*/', at) + 1;
    else if (text.startsWith('//', at)) at = text.indexOf('\n', at);
    else if (text.startsWith(operator, at)) return at;
  }
  throw new Error(`no ${operator} between ${from} and ${to}`);
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

/** Whether a statement begins with it: behind a line without a semicolon a bracket would be a call of what is there. */
function beginsStatement({ start }: Tree, parents: readonly Tree[]): boolean {
  const statement = parents.findLast(({ type }) => type === 'ExpressionStatement');
  return statement?.start === start;
}

/** The source of the same module that counts; `lines`: and tells the counter its lines. */
export function instrument(
  text: string,
  { tree, names }: ParsedSource,
  how: 'units' | 'lines' = 'units',
): string {
  const counter = freshName('$work', names);
  /** Whether there is a long text; and what was just made, until it is looked at. */
  const long = freshName('$long', names);
  const made = freshName('$made', names);
  const { isShort, isNumber, mayBeLong } = textsOf(tree);
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
  const key = (expression: Tree): void => {
    if (isShort(expression)) {
      count(expression);
      return;
    }
    if (how === 'lines') {
      out.appendRight(expression.start, `(${unit(expression)},${counter}.key(`);
      out.prependLeft(expression.end, '))');
      return;
    }
    // Nothing of the hand-in runs from here to where it is read.
    out.appendRight(expression.start, `(${unit(expression)},${made}=(`);
    out.prependLeft(expression.end, `),${long}&&${counter}.key(${made}),${made})`);
  };
  /** What `+` made. */
  const sum = (node: Tree, parents: readonly Tree[]): void => {
    const parent = parents.at(-1);
    // What the parent makes is longer, and looked at.
    if (parent?.operator === '+' || (parent?.operator === '+=' && parent.right === node)) return;
    if (how === 'lines' || (parent?.type !== 'ExpressionStatement' && beginsStatement(node, parents))) {
      out.appendRight(node.start, `${counter}.text(`);
      out.prependLeft(node.end, ')');
    } else if (parent?.type === 'ExpressionStatement') {
      out.appendRight(node.start, `${made}=`);
      out.prependLeft(node.end, `,${made}===${made}-0||${counter}.text(${made})`);
    } else {
      out.appendRight(node.start, `((${made}=`);
      out.prependLeft(node.end, `)===${made}-0?${made}:${counter}.text(${made}))`);
    }
  };
  /** The operand as it is counted, where it is nothing but names and members. */
  const plain = (node: Tree): string | undefined => {
    if (node.type === 'Identifier' || node.type === 'ThisExpression') return text.slice(node.start, node.end);
    if (node.type !== 'MemberExpression' || node.optional === true) return undefined;
    const [object, property] = [plain(node.object as Tree), node.property as Tree];
    if (object === undefined) return undefined;
    if (node.computed !== true) return `${object}.${text.slice(property.start, property.end)}`;
    return isNumber(property) && property.type === 'Identifier'
      ? `${object}[(${unit(property)},${text.slice(property.start, property.end)})]`
      : undefined;
  };
  /** Where what was rewritten as a whole ends: what is in it is done. */
  let doneTo = 0;
  const compare = (node: Tree, isStatement: boolean): void => {
    const [left, right] = [node.left as Tree, node.right as Tree];
    const operator = String(node.operator);
    if (isShort(left) || isShort(right)) return;
    const method = `${counter}.${comparisons[operator]}`;
    const [a, b] = how === 'lines' || isStatement ? [] : [plain(left), plain(right)];
    if (a !== undefined && b !== undefined && !text.slice(node.start, node.end).includes('\n')) {
      out.update(node.start, node.end, `(${long}?${method}(${a},${b}):${a}${operator}${b})`);
      doneTo = node.end;
      return;
    }
    const at = operatorAt(text, operator, left.end, right.start);
    out.appendRight(node.start, `${method}(`);
    out.update(at, at + operator.length, ',');
    out.prependLeft(node.end, ')');
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
    if (node.start < doneTo) return;
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
        if (node.computed === true) key(node.key as Tree);
        value(node.value as Tree | null);
        break;
      case 'MemberExpression':
        if (node.computed === true) key(node.property as Tree);
        break;
      case 'BinaryExpression':
        if (node.operator === 'in') {
          if ((node.left as Tree).type !== 'PrivateIdentifier') key(node.left as Tree);
        } else if (node.operator === '+') {
          if (!isNumber(node)) sum(node, parents);
        } else if (Object.hasOwn(comparisons, String(node.operator)))
          compare(node, beginsStatement(node, parents));
        break;
      case 'AssignmentExpression':
        if (
          node.operator === '+=' &&
          !((node.left as Tree).type === 'Identifier' && isNumber(node.left as Tree))
        )
          sum(node, parents);
        break;
      case 'MethodDefinition':
        if (node.computed === true && !isShort(node.key as Tree)) {
          out.appendRight((node.key as Tree).start, `${counter}.key(`);
          out.prependLeft((node.key as Tree).end, ')');
        }
        break;
      case 'SwitchStatement': {
        const subject = node.discriminant as Tree;
        const tests = (node.cases as Tree[]).flatMap(({ test }) =>
          test === null || isShort(test as Tree) ? [] : [test],
        );
        if (tests.length === 0 || isShort(subject)) break;
        out.appendRight(subject.start, `${counter}.subject(`);
        out.prependLeft(subject.end, `,${tests.length})`);
        break;
      }
      case 'Property':
        if (node.computed === true) key(node.key as Tree);
        break;
      case 'SpreadElement':
        // What an iterable gives counts by itself.
        if (parents.at(-1)?.type === 'ObjectExpression') through(node.argument as Tree, 'members');
        break;
    }
  });
  // Behind an import a first line for the shell would be none.
  if (text.startsWith('#!')) out.overwrite(0, 2, '//');
  const begin = mayBeLong ? `${counter}.begin();` : '';
  return `import { work as ${counter} } from '${counterModule}'; import { long as ${long} } from '${textsModule}'; let ${made}; ${begin}${out.toString()}`;
}
