/** Processes that specs start beside the server of the tests, and end. */

import { ChildProcess, spawn } from 'child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join } from 'path';

/** A process that runs made-up tasks; see `source.py`. */
export async function startSource(
  ...options: string[]
): Promise<{ name: string; stop: () => Promise<void> }> {
  const child = spawn('python', [join(__dirname, 'source.py'), ...options], {
    stdio: ['pipe', 'pipe', 'inherit']
  });
  const name = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
    child.once('exit', code => reject(new Error(`the source ended with ${code}`)));
  });
  return {
    name,
    stop: async () => {
      child.stdin.end();
      await ended(child);
    }
  };
}

/** Stop every cluster that a test has left, so that none outlives the tests. */
export async function stopClusters(): Promise<void> {
  const folder = join(process.env.JUPYTER_RUNTIME_DIR ?? '', 'treadle');
  const files = await readdir(folder).catch(() => [] as string[]);
  for (const file of files) {
    const name = file.replace(/\.json$/, '');
    if (name !== file && !name.startsWith('kernel-') && !name.startsWith('.')) {
      await ended(spawn('python', ['-m', 'treadle', 'cluster', 'stop', name], { stdio: 'ignore' }));
    }
  }
}

/** A kernel for servers that start from now on, whose Python has no treadle. */
export async function addBrokenKernel(): Promise<void> {
  const folder = join(process.env.JUPYTER_RUNTIME_DIR ?? '', 'broken');
  const python = join(folder, 'python3');
  const kernel = join(folder, 'kernels', 'broken');
  await mkdir(kernel, { recursive: true });
  await writeFile(python, '#!/bin/sh\necho "No module named treadle" >&2\nexit 1\n');
  await chmod(python, 0o755);
  const spec = {
    argv: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
    display_name: 'Broken Python',
    language: 'python'
  };
  await writeFile(join(kernel, 'kernel.json'), JSON.stringify(spec));
  process.env.JUPYTER_PATH = folder;
}

/** A Jupyter server of one's own, to be ended and started again. */
export class Server {
  constructor(readonly port: number) {}

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Start it, the second time in the folder of the first: its pages look for their files. */
  async start(): Promise<void> {
    this._root ??= await mkdtemp(join(tmpdir(), 'galata-'));
    this._child = spawn(
      'jupyter',
      ['lab', '--config', 'jupyter_server_test_config.py', `--ServerApp.port=${this.port}`],
      {
        cwd: join(__dirname, '..', '..'),
        env: { ...process.env, JUPYTERLAB_GALATA_ROOT_DIR: this._root },
        stdio: 'ignore'
      }
    );
    for (;;) {
      const isUp = await fetch(`${this.url}/api`).then(
        response => response.ok,
        () => false
      );
      if (isUp) {
        return;
      }
      if (this._child.exitCode !== null) {
        throw new Error(`the server ended with ${this._child.exitCode}`);
      }
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  async stop(): Promise<void> {
    this._child?.kill('SIGTERM');
    if (this._child) {
      await ended(this._child);
    }
  }

  /** Stop it for good. */
  async end(): Promise<void> {
    await this.stop();
    if (this._root) {
      await rm(this._root, { recursive: true, force: true });
    }
  }

  private _child: ChildProcess | null = null;
  private _root: string | null = null;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
    } else {
      child.once('exit', () => resolve());
    }
  });
}
