import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const KEY = 'operator-key-of-the-browser-tests';
const WORKFLOWS = new URL('../../../workflows/', import.meta.url).pathname;
const STARTS_WITHIN_MS = 20_000;

/** A workflow like checkout whose charge nobody catches: an outage stops it half-way, and an operator goes on. */
export const FRAGILE = 'fragile';

/** The real binary with a data folder of its own. It can be killed and started again at the same address. */
export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), 'orderflow-browser-'));
  readonly data = join(this.folder, 'data');
  url = '';
  /** Whom the topic order-confirmed calls. It takes everything. */
  private readonly listener = createHttpServer((_, response) => response.end());
  private port = 0;
  private process: ChildProcess | undefined;

  async start(): Promise<void> {
    const binary = process.env['ORDERFLOW_BINARY'];
    if (binary === undefined) throw new Error('ORDERFLOW_BINARY is not set: expected the path of the server');
    if (!this.listener.listening) await new Promise<void>((ready) => this.listener.listen(0, '127.0.0.1', ready));
    this.port ||= await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.process = spawn(
      binary,
      ['serve', '--demo', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, '--workflows', this.workflows(), '--config', this.config()],
      { env: { ...process.env, ORDERFLOW_ADMIN_KEY: KEY, RUST_LOG: 'warn' }, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const until = Date.now() + STARTS_WITHIN_MS;
    while (!(await this.answers())) {
      if (Date.now() > until) throw new Error(`the server did not answer within ${STARTS_WITHIN_MS} ms`);
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends it in order, and takes its folder away unless that is to be kept for another start. */
  async stop({ keep = false } = {}): Promise<void> {
    await this.end('SIGTERM');
    if (keep) return;
    this.listener.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Has e2e/support/fill.py put into its books what would take long to happen. */
  async fill(...what: ['hour'] | ['orders', number]): Promise<void> {
    await this.stop({ keep: true });
    const script = new URL('fill.py', import.meta.url).pathname;
    const filled = spawnSync('python3', [script, join(this.data, 'orderflow.db'), ...what.map(String)], { encoding: 'utf8' });
    if (filled.status !== 0) throw new Error(`the database could not be filled: ${filled.stderr}`);
    await this.start();
  }

  /** A request of the operator's. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** Places an order and waits for what becomes of it. */
  place(id: string, wishes: Wishes = {}): Promise<Placed> {
    return this.request('POST', `${wishes.path ?? '/orders'}?wait=${wishes.wait ?? 10}`, {
      order_id: id,
      customer: { email: wishes.email ?? 'ana@example.com', name: wishes.name ?? 'Ana Popescu' },
      items: wishes.items ?? [{ sku: 'sku-001', quantity: 1 }],
      shipping_address: { street: 'Str. Lungă 12', city: 'Brașov', postal_code: '500035', country: 'RO' },
      payment: { token: wishes.token ?? 'tok_visa' },
    });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { process } = this;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    await new Promise((ended) => {
      process.once('exit', ended);
      process.kill(signal);
    });
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  private config(): string {
    const file = join(this.folder, 'orderflow.toml');
    const { port } = this.listener.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}/hooks`;
    writeFileSync(file, `[[subscriptions]]\ntopic = "order-confirmed"\nprotocol = "http"\nendpoint = "${endpoint}"\n`);
    return file;
  }

  /** The built-in workflows and the fragile one. */
  private workflows(): string {
    const folder = join(this.folder, 'workflows');
    for (const name of readdirSync(WORKFLOWS)) {
      if (statSync(join(WORKFLOWS, name)).isDirectory()) cpSync(join(WORKFLOWS, name), join(folder, name), { recursive: true });
    }
    const fragile = join(folder, FRAGILE);
    cpSync(join(WORKFLOWS, 'checkout'), fragile, { recursive: true });
    change(join(fragile, 'workflow.asl.json'), (machine: Machine) => {
      delete machine.States['ChargePayment']?.['Retry'];
      delete machine.States['ChargePayment']?.['Catch'];
    });
    change(join(fragile, 'triggers.json'), (triggers: { FollowUps?: unknown }) => {
      // What follows a sale follows one workflow only.
      delete triggers.FollowUps;
    });
    return folder;
  }
}

interface Machine {
  States: Record<string, Record<string, unknown>>;
}

export interface Wishes {
  path?: string;
  wait?: number;
  email?: string;
  name?: string;
  token?: string;
  items?: { sku: string; quantity: number }[];
}

export interface Placed {
  order_id: string;
  status: string;
  access_token: string;
  execution_arn: string;
}

function change<T>(file: string, how: (content: T) => void) {
  const content = JSON.parse(readFileSync(file, 'utf8')) as T;
  how(content);
  writeFileSync(file, JSON.stringify(content, null, 2));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
