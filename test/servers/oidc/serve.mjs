// A provider of OpenID Connect for tests: oidc-provider, in memory, on a port of
// 127.0.0.1. Who is there is set with PUT /people/SUBJECT and a JSON object of
// claims; whoever types a subject into its page is signed in, without a password.
//
//   node serve.mjs PORT
//
// The client is `unity` with the secret `unity-secret`, at any port of 127.0.0.1.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const people = new Map();
/** How its pages begin; they ask for nothing elsewhere. */
const head = '<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">';
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'unity',
      client_secret: 'unity-secret',
      redirect_uris: ['http://127.0.0.1/'],
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [{ ...key, use: 'sig', alg: 'ES256', kid: 'one' }] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  scopes: ['openid', 'profile', 'groups'],
  claims: { openid: ['sub'], profile: ['preferred_username', 'name'], groups: ['groups'] },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      logoutSource(ctx, form) {
        ctx.body = `${head}${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Leave</button></html>`;
      },
    },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, sub) => people.has(sub) && { accountId: sub, claims: () => ({ ...people.get(sub), sub }) },
  // Nobody is asked whether Unity may know who it is.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
    grant.addOIDCScope('openid profile groups');
    await grant.save();
    return grant;
  },
});
provider.Client.prototype.redirectUriAllowed = (uri) =>
  /^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/auth\/oidc\/callback$/.test(uri);
provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) => /^http:\/\/127\.0\.0\.1:\d+\/$/.test(uri);

/** The page where one says who one is. */
const page = `${head}
<form method="post"><label>Subject <input name="subject" autofocus></label>
<button name="do" value="enter">Enter</button><button name="do" value="refuse">Refuse</button></form></html>`;

async function interact(request, response) {
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page);
    return;
  }
  const form = new URLSearchParams(await text(request));
  const refused = form.get('do') === 'refuse' || !people.has(form.get('subject'));
  const result = refused ? { error: 'access_denied' } : { login: { accountId: form.get('subject') } };
  await provider.interactionFinished(request, response, result);
}

const callback = provider.callback();
const server = createServer(async (request, response) => {
  try {
    if (request.url.startsWith('/interaction/')) {
      await interact(request, response);
    } else if (request.url.startsWith('/people/') && request.method === 'PUT') {
      people.set(request.url.slice('/people/'.length), JSON.parse(await text(request)));
      response.end();
    } else {
      await callback(request, response);
    }
  } catch (error) {
    response.statusCode = 400;
    response.end(String(error));
  }
});
server.listen(port, '127.0.0.1', () => console.log('ready for clients'));
process.once('SIGINT', () => process.exit(0));
