import { readFileSync } from 'node:fs';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { runInNewContext } from 'node:vm';

const ROOT = new URL('../../../', import.meta.url).pathname;
const DIST = join(ROOT, 'web/dist');
const TYPES: Record<string, string> = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

type Handler = (event: { request: { uri: string } }) => { uri: string };

/**
 * What stands before bucket and API on AWS: its own functions decide what is asked for, its header policy what a page
 * may do. The bucket has the files that were built, with the page that `orderflow deploy` uploads.
 */
export class Distribution {
  url = '';
  private readonly pages = handler('pages');
  private readonly stripApi = handler('strip-api');
  private readonly policy = policy();
  private readonly front = createServer((request, response) => this.answer(request, response));

  private readonly api: string;

  constructor(api: string) {
    this.api = api;
  }

  async start(): Promise<void> {
    await new Promise<void>((ready) => this.front.listen(0, '127.0.0.1', ready));
    this.url = `http://127.0.0.1:${(this.front.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.front.closeAllConnections();
    await new Promise((closed) => this.front.close(closed));
  }

  private answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, search } = new URL(request.url ?? '/', this.url);
    if (pathname.startsWith('/api/')) {
      const { uri } = this.stripApi({ request: { uri: pathname } });
      const headers = { ...request.headers };
      delete headers.host;
      const asked = ask(this.api + uri + search, { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      asked.on('error', () => response.destroy());
      response.on('close', () => asked.destroy());
      request.pipe(asked);
      return;
    }
    const { uri } = this.pages({ request: { uri: pathname } });
    try {
      const file = readFileSync(join(DIST, uri));
      const content = uri === '/index.html' ? file.toString().replace('name="api-base" content=""', 'name="api-base" content="/api"') : file;
      response.writeHead(200, { 'Content-Type': TYPES[extname(uri)] ?? 'application/octet-stream', 'Content-Security-Policy': this.policy });
      response.end(content);
    } catch {
      response.writeHead(403).end();
    }
  }
}

function handler(name: string): Handler {
  const code = readFileSync(join(ROOT, `infra/cloudfront/${name}.js`), 'utf8');
  return runInNewContext(`${code}; handler`) as Handler;
}

function policy(): string {
  const found = /web_policy = "(.*)"/.exec(readFileSync(join(ROOT, 'infra/terraform/shared/web.tf'), 'utf8'))?.[1];
  if (found === undefined) throw new Error('infra/terraform/shared/web.tf has no web_policy');
  return found;
}
