export * from '../../../dist/lib/lab/library/index.js';
