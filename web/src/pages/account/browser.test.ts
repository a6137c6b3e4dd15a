import { expect, test } from 'vitest';
import { browserName } from './browser';

test('a browser is called as people call it', () => {
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  for (const [agent, name] of [
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/140.0 Safari/537.36 Edg/140.0`, 'Edge on Windows'],
    [`Mozilla/5.0 (Linux; Android 14) ${webkit} Chrome/140.0 Mobile Safari/537.36`, 'Chrome on Android'],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${webkit} Version/18.0 Safari/605`,
      'Safari on iOS',
    ],
    ['curl/8.5.0', 'curl'],
    ['HomeAssistant/2026.1 aiohttp', 'HomeAssistant'],
    ['', ''],
  ] as const)
    expect(browserName(agent)).toBe(name);
});
