/**
 * What one types to call this program: in a project that depends on it, and in a clone, `npx pageheap`; where it is in the
 * path, `pageheap`. It is what was typed: npx tells its children.
 */
export function calledAs(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.npm_command === 'exec' ? 'npx pageheap' : 'pageheap';
}
