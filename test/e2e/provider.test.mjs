// Signing in with a real provider of OpenID Connect, in a real browser.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open, picture } from './browser.mjs';
import { startUnity } from './unity.mjs';

let provider;
let issuer;
let unity;
let browser;

const password = 'correct horse battery';

/** A port of 127.0.0.1 that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function startProvider() {
  const port = await freePort();
  const program = fileURLToPath(new URL('../servers/oidc/serve.mjs', import.meta.url));
  provider = spawn(process.execPath, [program, String(port)], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(createInterface({ input: provider.stdout }), 'line');
  issuer = `http://127.0.0.1:${port}`;
}

const person = (subject, groups) =>
  fetch(`${issuer}/people/${subject}`, {
    method: 'PUT',
    body: JSON.stringify({ preferred_username: subject, groups }),
  });

before(async () => {
  await startProvider();
  [unity, browser] = await Promise.all([
    startUnity({
      UNITY_AUTH_OIDC_NAME: 'Keys',
      UNITY_AUTH_OIDC_ISSUER: issuer,
      UNITY_AUTH_OIDC_CLIENT_ID: 'unity',
      UNITY_AUTH_OIDC_CLIENT_SECRET: 'unity-secret',
      UNITY_AUTH_OIDC_ROLES: 'admins=admin,family=viewer',
      UNITY_AUTH_OIDC_CREATE_ACCOUNTS: 'true',
      UNITY_AUTH_OIDC_SIGN_OUT: 'true',
    }),
    launch(),
  ]);
  await fetch(`${unity.url}/api/v1/auth/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: unity.code, name: 'boss', password }),
  });
});

after(async () => {
  await browser?.close();
  provider?.kill();
  if (unity) assert.equal(await unity.stop(), 0, `unity stops cleanly:\n${unity.output()}`);
});

/** Says at the provider who one is. */
async function say(page, subject) {
  await page.getByLabel('Subject').fill(subject);
  await page.getByRole('button', { name: 'Enter' }).click();
}

/** What is no request to the provider, which is elsewhere. */
const surprises = (complaints) => complaints.filter((each) => !each.includes(issuer));

test('somebody signs in with the provider, sees the page that was asked for, and signs out there', async () => {
  await person('ann', ['family']);
  const { page, complaints, close } = await open(browser, `${unity.url}/events`);
  await page.getByRole('link', { name: 'Sign in with Keys' }).click();
  await say(page, 'ann');
  await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
  assert.equal(page.url(), `${unity.url}/events`);
  await page.getByRole('link', { name: 'ann' }).click();
  await page.getByText(`Linked with ${issuer}`).waitFor();
  await picture(page, 'provider-account');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('link', { name: 'Sign in with Keys' }).waitFor();
  assert.equal(page.url(), `${unity.url}/`);
  assert.deepEqual(surprises(complaints), []);
  await close();
});

test('whoever has no group stays outside, and is told why', async () => {
  await person('eve', ['strangers']);
  const { page, complaints, close } = await open(browser, `${unity.url}/sources`);
  await page.getByRole('link', { name: 'Sign in with Keys' }).click();
  await say(page, 'eve');
  await page.getByRole('alert').filter({ hasText: 'None of your groups' }).waitFor();
  await page.getByLabel('Password', { exact: true }).waitFor();
  await page.waitForURL(`${unity.url}/sources`);
  await picture(page, 'provider-refused');
  assert.deepEqual(surprises(complaints), []);
  await close();
});
