// Runs the built program on a free port and data of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const announcement = 'Unity is at ';
const setup = /setup code ([A-Z0-9-]+)$/;

/** Starts the program named by the variable UNITY, with settings of its own; resolves once it answers. */
export async function startUnity(environment = {}) {
  const binary = process.env.UNITY;
  if (!binary) throw new Error('UNITY does not name the program; run `make browser`');

  const data = await mkdtemp(join(tmpdir(), 'unity-e2e-'));
  const child = spawn(binary, ['serve', '--data', data, '--listen', '127.0.0.1:0'], {
    env: { ...process.env, ...environment },
  });
  const said = [];
  child.stderr.on('data', (chunk) => said.push(chunk));
  const output = () => Buffer.concat(said).toString();

  const { url, code } = await new Promise((resolve, reject) => {
    let url;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith(announcement)) url = line.slice(announcement.length);
      const code = setup.exec(line)?.[1];
      if (url && code) resolve({ url, code });
    });
    child.once('exit', (code) => reject(new Error(`unity ended with ${code}:\n${output()}`)));
    child.once('error', reject);
  });

  return {
    url,
    /** Makes the first account. */
    code,
    output,
    /** Asks it to stop; resolves with its exit code. */
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await ended;
      await rm(data, { recursive: true, force: true });
      return code;
    },
  };
}
