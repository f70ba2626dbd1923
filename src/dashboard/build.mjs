// SPDX-License-Identifier: Apache-2.0
//
// Makes the dashboard and writes it as the C++ source that `embedded.hpp` declares.
//   node build.mjs OUTPUT.cpp VERSION     in a directory with node_modules and web/
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { options } from './esbuild.mjs';

const [output, version] = process.argv.slice(2);
const work = process.cwd();
const esbuild = createRequire(join(work, 'package.json'))('esbuild');

const bundle = await esbuild.build({
  ...options,
  entryPoints: { app: 'web/main.tsx' },
  outdir: 'out',
  write: false,
  minify: true,
  define: { VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
});
const pages = await esbuild.build({ ...options, entryPoints: ['web/routes.ts'], write: false });
const { paths } = await import(`data:text/javascript,${encodeURIComponent(pages.outputFiles[0].text)}`);

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const assets = [];
/** With a hash in its name; gives the path. */
function add(name, type, bytes) {
  const [stem, extension] = name.split('.');
  const path = `/assets/${stem}-${hash(bytes)}.${extension}`;
  assets.push({ path, type, bytes, lifetime: 'fixed' });
  return path;
}

function emitted(extension) {
  return Buffer.from(bundle.outputFiles.find((file) => file.path.endsWith(extension)).contents);
}

/** What the licences of bundled libraries ask for. */
function notices() {
  const { dependencies } = JSON.parse(readFileSync(join(work, 'package.json')));
  return Object.entries(dependencies)
    .map(([name, used]) => `${name} ${used}\n\n${readFileSync(join(work, 'node_modules', name, 'LICENSE'), 'utf8')}`)
    .join('\n----------------------------------------\n\n');
}

const text = '; charset=utf-8';
const names = {
  SCRIPT: add('app.js', 'text/javascript' + text, emitted('.js')),
  STYLE: add('app.css', 'text/css' + text, emitted('.css')),
  ICON: add('favicon.svg', 'image/svg+xml', readFileSync(join(work, 'web/favicon.svg'))),
  NOTICES: add('notices.txt', 'text/plain' + text, Buffer.from(notices())),
};
const page = readFileSync(join(work, 'web/index.html'), 'utf8').replace(/%(\w+)%/g, (_, key) => names[key]);
assets.push({ path: '/index.html', type: 'text/html' + text, bytes: Buffer.from(page), lifetime: 'current' });

const literal = (string) => JSON.stringify(string);
function data(symbol, bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 32) lines.push(bytes.subarray(at, at + 32).join(',') + ',');
  return `const unsigned char ${symbol}[] = {\n${lines.join('\n')}\n0};\n`;
}
const view = (symbol, bytes) => `text(${symbol}, ${bytes.length})`;

let source = `// Made by build.mjs.
#include "embedded.hpp"
namespace portcullis::dashboard {
namespace {
std::string_view text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
`;
const rows = assets.map((asset, i) => {
  const gzip = gzipSync(asset.bytes, { level: 9 });
  const worth = gzip.length < asset.bytes.length ? gzip : Buffer.alloc(0);
  source += data(`kBytes${i}`, asset.bytes) + data(`kGzip${i}`, worth);
  const etag = `"${hash(asset.bytes)}"`;
  return `{${literal(asset.path)}, ${literal(asset.type)}, ${literal(etag)}, ${view(`kBytes${i}`, asset.bytes)}, ${view(`kGzip${i}`, worth)}, Lifetime::${asset.lifetime}},`;
});
source += `const Asset kAll[] = {\n${rows.join('\n')}\n};
constexpr std::string_view kPaths[] = {${paths.map(literal).join(', ')}};
}
const std::span<const Asset> kAssets = kAll;
const std::span<const std::string_view> kPages = kPaths;
}
`;
writeFileSync(output, source);
