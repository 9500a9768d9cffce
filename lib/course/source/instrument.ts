/**
 * Counting work in the source: a hand-in is rewritten so that it adds to a counter what it does.
 *
 * A unit is: entering a function, a turn of a loop, an access by a computed index (`a[i]`, `x in a`). What is built in
 * counts by itself, a unit a call and one for each element that it goes through (sandbox/prelude.ts). So the count
 * is the same on any machine, whatever the machine does meanwhile.
 *
 * The counter is reached by one name, which is none of the source's own: the code cannot name it, and has no other
 * way to it. Lines stay where they are, since stacks tell of them.
 *
 * Not here: what a hand-in must not contain (parse.ts).
 */
import MagicString from 'magic-string';
import { type ParsedSource, type Tree, walk } from './parse.ts';

/** The module that holds the counter: a name that no handout's module has, and that no hand-in may import. */
export const counterModule = '$counter';

/** A name that does not occur in the source. */
function freshName(names: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const name = `$work${n === 0 ? '' : n}`;
    if (!names.has(name)) return name;
  }
}

/** The source of the same module that counts. */
export function instrument(text: string, { tree, names }: ParsedSource): string {
  const counter = freshName(names);
  const unit = `${counter}.n++`;
  const out = new MagicString(text);
  const enter = (body: Tree): void => {
    out.appendRight(body.start + 1, `${unit};`);
  };
  const turn = (body: Tree): void => {
    if (body.type === 'BlockStatement') enter(body);
    else {
      out.appendRight(body.start, `{${unit};`);
      out.prependLeft(body.end, '}');
    }
  };
  const count = (expression: Tree): void => {
    out.appendRight(expression.start, `(${unit},`);
    out.prependLeft(expression.end, ')');
  };
  walk(tree, (node, parents) => {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        enter(node.body as Tree);
        break;
      case 'ArrowFunctionExpression': {
        const body = node.body as Tree;
        if (body.type === 'BlockStatement') enter(body);
        else count(body);
        break;
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        turn(node.body as Tree);
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
        if (parents.at(-1)?.type !== 'ObjectExpression') break;
        out.appendRight((node.argument as Tree).start, `${counter}.members(`);
        out.prependLeft((node.argument as Tree).end, ')');
        break;
    }
  });
  return `import { work as ${counter} } from '${counterModule}'; ${out.toString()}`;
}
