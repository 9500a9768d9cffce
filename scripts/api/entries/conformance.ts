export * from '../../../dist/lib/lab/conformance/index.js';
