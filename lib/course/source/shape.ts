/**
 * What a module exports, by its stub: functions and classes, with the parameters of each method. A message about what a hand-in
 * does not have says it as the stub has it.
 */
import { isFunction, parseSource, type Tree } from './parse.ts';

export interface ExportShape {
  readonly kind: 'class' | 'function';
  /** As it is called: `new Kernel(pages)`, `goalOf(heap, numbers)`. */
  readonly call: string;
  /** Of a class: `advise(advice, page, n)`, by name. */
  readonly methods: Readonly<Record<string, string>>;
}

/** By name. */
export type Shape = Readonly<Record<string, ExportShape>>;

const nameOf = (node: unknown): string => String((node as Tree | null)?.name ?? '');

function paramsOf(of: Tree): string {
  const names = (of.params as Tree[]).map((param) =>
    nameOf(param.type === 'AssignmentPattern' ? param.left : param),
  );
  return `(${names.join(', ')})`;
}

function classShape(name: string, node: Tree, classes: ReadonlyMap<string, Tree>): ExportShape {
  const parent = classes.get(nameOf(node.superClass));
  const above = parent === undefined ? undefined : classShape(name, parent, classes);
  const methods: Record<string, string> = { ...above?.methods };
  let call = above?.call ?? `new ${name}()`;
  for (const { type, kind, key, value } of (node.body as Tree).body as Tree[]) {
    if (type !== 'MethodDefinition' || (key as Tree).type !== 'Identifier') continue;
    const params = paramsOf(value as Tree);
    if (kind === 'constructor') call = `new ${name}${params}`;
    else if (kind === 'method') methods[nameOf(key)] = `${nameOf(key)}${params}`;
  }
  return { kind: 'class', call, methods };
}

/** @param stub the handout's; its constants need not be filled in */
export function shapeOf(stub: string, exports: readonly string[], modules: readonly string[]): Shape {
  const text = stub.replace(/\{\{\w+\}\}/g, '0');
  const { tree } = parseSource(text, 'the stub', modules);
  const declared = (tree.body as Tree[]).map((one) => (one.declaration as Tree | undefined | null) ?? one);
  const classes = new Map(
    declared.filter(({ type }) => type === 'ClassDeclaration').map((one) => [nameOf(one.id), one]),
  );
  return Object.fromEntries(
    exports.flatMap((name): [string, ExportShape][] => {
      const node = declared.find((one) => nameOf(one.id) === name);
      if (node === undefined) return [];
      return isFunction(node)
        ? [[name, { kind: 'function', call: `${name}${paramsOf(node)}`, methods: {} }]]
        : [[name, classShape(name, node, classes)]];
    }),
  );
}

/** What an export has to be. */
export function exportText(name: string, { kind, call, methods }: ExportShape): string {
  if (kind === 'function') return `export function ${call}`;
  const list = Object.values(methods);
  return `export class ${name}, for ${call}${list.length === 0 ? '' : `, with ${list.join(', ')}`}`;
}
