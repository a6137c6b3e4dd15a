// Runs the built program on a free port and data of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const announcement = 'Unity is at ';
const setup = /setup code ([A-Z0-9-]+)$/;

/** Starts the program named by the variable UNITY; resolves with what `told` makes of its lines, once that is something. */
async function run(args, environment, told) {
  const binary = process.env.UNITY;
  if (!binary) throw new Error('UNITY does not name the program; run `make browser`');
  const child = spawn(binary, args, { env: { ...process.env, ...environment } });
  const said = [];
  child.stderr.on('data', (chunk) => said.push(chunk));
  const output = () => Buffer.concat(said).toString();
  const answer = await new Promise((resolve, reject) => {
    const lines = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const answer = told(lines);
      if (answer) resolve(answer);
    });
    child.once('exit', (code) => reject(new Error(`unity ended with ${code}:\n${output()}`)));
    child.once('error', reject);
  });
  return {
    ...answer,
    output,
    pid: child.pid,
    /** Asks it to stop; resolves with its exit code. */
    async end() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
  };
}

/** Starts the program with settings of its own and data below a folder; resolves once it answers. */
export async function startUnity(environment = {}, folder = tmpdir()) {
  const data = await mkdtemp(join(folder, 'unity-e2e-'));
  const serve = (listen, told) => run(['serve', '--data', data, '--listen', listen], environment, told);
  const address = (lines) =>
    lines.find((line) => line.startsWith(announcement))?.slice(announcement.length);
  let running = await serve('127.0.0.1:0', (lines) => {
    const url = address(lines);
    const code = lines.map((line) => setup.exec(line)?.[1]).find(Boolean);
    return url && code ? { url, code } : undefined;
  });
  const { url, code } = running;
  const earlier = [];

  return {
    url,
    /** Makes the first account. */
    code,
    output: () => [...earlier, running.output()].join(''),
    /** Ends it, but keeps its data; resolves with its exit code. */
    leave() {
      earlier.push(running.output());
      return running.end();
    },
    /** Starts it again after it left, where it was. */
    async comeBack() {
      running = await serve(new URL(url).host, (lines) => (address(lines) ? { url } : undefined));
    },
    /** Asks it to stop; resolves with its exit code. */
    async stop() {
      const code = await running.end();
      await rm(data, { recursive: true, force: true });
      return code;
    },
  };
}

/** Starts a demo with a made-up homelab; resolves once it answers. */
export async function startDemo(...args) {
  const demo = await run(['demo', '--listen', '127.0.0.1:0', ...args], {}, (lines) => {
    const text = lines.join('\n');
    const url = /^The demo is at (\S+)$/m.exec(text)?.[1];
    const [, name, password] = /^Sign in as (\S+) with the password (\S+)$/m.exec(text) ?? [];
    return url && password ? { url, name, password } : undefined;
  });
  return { ...demo, stop: demo.end };
}

/** Signs in to a demo; resolves with the cookies of the session. */
export async function enter(browser, demo) {
  const context = await browser.newContext();
  const answer = await context.request.post(`${demo.url}/api/v1/auth/login`, {
    data: { name: demo.name, password: demo.password },
    headers: { Origin: demo.url },
  });
  if (!answer.ok()) throw new Error(`signing in to the demo: ${answer.status()} ${await answer.text()}`);
  const storageState = await context.storageState();
  await context.close();
  return storageState;
}
