// SPDX-License-Identifier: Apache-2.0
//
// The dashboard of the source tree in front of a running Portcullis, without building that again:
//   node ../../src/dashboard/dev.mjs http://127.0.0.1:5050 [PORT]      in build/dashboard
// Then open http://127.0.0.1:PORT/#token=... For work on the dashboard only: it checks nothing and caches nothing.
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { options } from './esbuild.mjs';

const [server = 'http://127.0.0.1:5050', port = '5051'] = process.argv.slice(2);
const upstream = new URL(server);
const work = process.cwd();
const esbuild = createRequire(join(work, 'package.json'))('esbuild');

const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', html: 'text/html; charset=utf-8' };
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

async function asset(path) {
  if (path === '/assets/favicon.svg') return readFileSync(join(work, 'web/favicon.svg'));
  const bundle = await esbuild.build({
    ...options,
    entryPoints: { app: 'web/main.tsx' },
    outdir: 'out',
    write: false,
    define: { VERSION: '"dev"' },
  });
  return bundle.outputFiles.find((file) => path.endsWith(file.path.slice(file.path.lastIndexOf('/'))))?.contents;
}

function page() {
  const names = { SCRIPT: '/assets/app.js', STYLE: '/assets/app.css', ICON: '/assets/favicon.svg', NOTICES: '/' };
  return readFileSync(join(work, 'web/index.html'), 'utf8').replace(/%(\w+)%/g, (_, key) => names[key]);
}

function pass(incoming, outgoing) {
  const headers = { ...incoming.headers, host: upstream.host };
  if (headers.origin) headers.origin = upstream.origin;
  const asked = request(
    { host: upstream.hostname, port: upstream.port, path: incoming.url, method: incoming.method, headers },
    (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    },
  );
  asked.on('error', () => outgoing.destroy());
  outgoing.on('close', () => asked.destroy());
  incoming.pipe(asked);
}

createServer(async (incoming, outgoing) => {
  const path = incoming.url.split('?')[0];
  if (path.startsWith('/api/')) return pass(incoming, outgoing);
  try {
    const body = path.startsWith('/assets/') ? await asset(path) : page();
    const type = path.startsWith('/assets/') ? types[path.split('.').pop()] : types.html;
    outgoing.writeHead(body ? 200 : 404, { 'Content-Type': type, 'Content-Security-Policy': policy });
    outgoing.end(body);
  } catch {
    outgoing.writeHead(500).end(); // esbuild has said what is wrong
  }
}).listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
