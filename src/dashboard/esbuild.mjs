// SPDX-License-Identifier: Apache-2.0

/** How TypeScript becomes JavaScript, for browsers and for tests alike. */
export const options = {
  bundle: true,
  format: 'esm',
  target: 'es2021',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  preserveSymlinks: true,
  legalComments: 'none',
  logLevel: 'warning',
};
