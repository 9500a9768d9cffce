/**
 * Stretches: what of a source is done at a time, without a call and without a turn of a loop. A function's body is one, a turn of a
 * loop with its test, the value of a default or of a field.
 *
 * The count of work (instrument.ts) has a unit for each. A loop that is written out, a hundred times the same line, would do
 * the work of a hundred turns for one. So a stretch is a unit, and one more for each `nodesOfUnit` nodes of its tree above
 * `shortNodes`, whether they are reached or not: what one writes to solve an exercise is shorter than that, but for functions that are
 * called once in a while.
 *
 * Not here: what else is a unit.
 */
import { childrenOf, isFunction, type Tree } from './parse.ts';

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

function nodesOf(node: Tree): number {
  let nodes = 1;
  for (const part of childrenOf(node)) nodes += begins(part, node) ? 1 : nodesOf(part);
  return nodes;
}

/** Units of the stretch that this is: the body of a function, a loop, a value. */
export function stretchUnits(stretch: Tree): number {
  let nodes = nodesOf(stretch);
  if (loops.has(stretch.type)) nodes += nodesOf(stretch.body as Tree);
  return 1 + Math.max(0, Math.floor((nodes - shortNodes) / nodesOfUnit));
}
