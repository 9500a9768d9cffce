/**
 * Stretches: what of a source is done at a time, without a call and without a turn of a loop. A function's body is one, a turn of a
 * loop with its test, the value of a default or of a field.
 *
 * The count of work (instrument.ts) has a unit for each. A loop that is written out, a hundred times the same line, would do
 * the work of a hundred turns for one. What such a turn finds out it finds out by a test. So a stretch is a unit for each `testsOfUnit` tests in it,
 * whether they are reached or not: one who writes out a loop has half of its units at the least. And it is one more for each `nodesOfUnit`
 * nodes of its tree above `shortNodes`, as arithmetic can do without tests: what one writes to solve an exercise is shorter than that, but for
 * functions that are called once in a while.
 *
 * Not here: what else is a unit.
 */
import { childrenOf, isFunction, type Tree } from './parse.ts';

/**
 * Tests that are one unit: the usual loop over a list has two, its own and the one by which something is found. Four were too many: a list of free runs in exercise 4,
 * ten of them a turn, had 93 points then, and 72 without.
 */
const testsOfUnit = 2;
/** Nodes of a stretch that are one unit. The references of the exercises have up to 140, one policy 194. */
const shortNodes = 144;
/** Nodes of the rest that are one more: about a comparison and a step to the next. */
const nodesOfUnit = 8;

const loops: ReadonlySet<string> = new Set([
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
]);

/** Whether the value of a default or of a field is just there: nothing is worked out for it. */
export function doesNothing(value: Tree): boolean {
  if (value.type === 'UnaryExpression') return (value.argument as Tree).type === 'Literal';
  if (value.type === 'ArrayExpression') return (value.elements as unknown[]).length === 0;
  if (value.type === 'ObjectExpression') return (value.properties as unknown[]).length === 0;
  return value.type === 'Literal' || value.type === 'Identifier' || isFunction(value);
}

/** Whether a stretch of its own begins with this part of a node. Of a loop it is what is done in each turn: its head is reached once more. */
const begins = (part: Tree, of: Tree): boolean =>
  isFunction(part) ||
  (loops.has(of.type) && of.body === part) ||
  (of.type === 'AssignmentPattern' && of.right === part) ||
  (of.type === 'PropertyDefinition' && of.value === part);

const comparisons: ReadonlySet<unknown> = new Set([
  ...['<', '<=', '>', '>=', '==', '!=', '===', '!=='],
  ...['in', 'instanceof'],
]);

/** Whether it says yes or no by tests of its own. */
const isTest = ({ type, operator }: Tree): boolean =>
  type === 'LogicalExpression' || (type === 'BinaryExpression' && comparisons.has(operator));

/** Parts of a node that are asked whether they are true. */
function asked(node: Tree): readonly unknown[] {
  if (node.type === 'LogicalExpression') return [node.left, node.right];
  // A loop's own test, too; that of a case is a comparison.
  return 'test' in node && node.test !== null ? [node.test] : [];
}

/** The tests that a node adds to those of its parts. */
function testsAt(node: Tree): number {
  const ofOwn = node.type === 'BinaryExpression' && isTest(node) ? 1 : 0;
  const ofAsked = asked(node).filter((part) => !isTest(part as Tree)).length;
  return ofOwn + ofAsked + (node.optional === true ? 1 : 0);
}

interface Size {
  readonly nodes: number;
  readonly tests: number;
}

function sizeOf(node: Tree): Size {
  let [nodes, tests] = [1, testsAt(node)];
  for (const part of childrenOf(node)) {
    const size = begins(part, node) ? { nodes: 1, tests: 0 } : sizeOf(part);
    nodes += size.nodes;
    tests += size.tests;
  }
  return { nodes, tests };
}

/** Units of the stretch that this is: the body of a function, a loop, a value. */
export function stretchUnits(stretch: Tree): number {
  const parts = [sizeOf(stretch), ...(loops.has(stretch.type) ? [sizeOf(stretch.body as Tree)] : [])];
  const nodes = parts.reduce((sum, size) => sum + size.nodes, 0);
  const tests = parts.reduce((sum, size) => sum + size.tests, 0);
  const ofTests = Math.max(1, Math.ceil(tests / testsOfUnit));
  return ofTests + Math.max(0, Math.floor((nodes - shortNodes) / nodesOfUnit));
}
