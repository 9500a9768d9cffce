/** The package's entry: what a program gets from `import … from 'pageheap'`. Everything stands in api/. */
export * from './api/index.ts';
