// A product that records an event and shows its activity log, with nothing but Node 20.
//   EVERLOG_URL=http://127.0.0.1:7878 EVERLOG_ORG=acme EVERLOG_API_KEY=evl_sk_… node examples/node/server.mjs
// The key has the scopes write and read; the organization lists http://127.0.0.1:3000 in its setting embed_origins.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';

const { EVERLOG_URL = 'http://127.0.0.1:7878', EVERLOG_ORG = 'acme', EVERLOG_API_KEY, EVERLOG_ROLE = 'user', PORT = '3000' } = process.env;
// Whoever is signed in to your product.
const user = { id: 'u_1', name: 'Ana Ruiz', email: 'ana@acme.example' };

async function everlog(path, body) {
  const answer = await fetch(`${EVERLOG_URL}/v1/organizations/${EVERLOG_ORG}/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${EVERLOG_API_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${told.detail}`);
  return told;
}

await everlog('events', { action: 'report.opened', actor: { type: 'user', ...user }, targets: [{ type: 'report', id: 'r_1', name: 'Sales of the year' }] });

const template = await readFile(new URL('../host-page/index.html', import.meta.url), 'utf8');
const page = template.replaceAll('EVERLOG_URL', EVERLOG_URL);

const server = createServer(async (request, response) => {
  try {
    if (request.method === 'POST' && request.url === '/activity-log-token') {
      const { token } = await everlog('viewer-sessions', { user, role: EVERLOG_ROLE });
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end(token);
    } else {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
    }
  } catch (why) {
    console.error(why.message);
    response.writeHead(502).end();
  }
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
