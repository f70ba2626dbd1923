// SPDX-License-Identifier: Apache-2.0
//
// Runs tests/*.test.ts(x) with node's test runner, in a directory with node_modules, web/ and tests/.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { options } from './esbuild.mjs';

const work = process.cwd();
const esbuild = createRequire(join(work, 'package.json'))('esbuild');
const out = join(work, 'tests-out');
rmSync(out, { recursive: true, force: true });
const tests = readdirSync(join(work, 'tests')).filter((name) => /\.test\.tsx?$/.test(name));
await esbuild.build({
  ...options,
  entryPoints: tests.map((name) => `tests/${name}`),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  platform: 'node',
  sourcemap: 'inline',
  define: { VERSION: '"test"' },
});
const made = readdirSync(out).map((name) => join(out, name));
const run = spawnSync(process.execPath, ['--test', '--enable-source-maps', ...made], { stdio: 'inherit' });
process.exit(run.status ?? 1);
