import { expect, it } from 'vitest';
import type { Setting } from '~/api/system';
import { grouped, nameOf } from './groups';

const setting = (path: string, help = ''): Setting => ({
  path,
  value: '',
  default: '',
  help,
  variable: `UNITY_${path.toUpperCase().replaceAll('.', '_')}`,
  origin: 'default',
  changeable: true,
});
const all = [
  setting('zebra.stripes'),
  setting('server.listen'),
  setting('hosts'),
  setting('storage.max_bytes', 'How much room there is.'),
  setting('storage.raw_retention'),
];

it('settings stand in groups, those that are changed most first', () => {
  expect(grouped(all, '').map((group) => [group.id, group.settings.length])).toEqual([
    ['storage', 2],
    ['server', 2],
    ['zebra', 1],
  ]);
});

it('settings are found by their help and their variable', () => {
  const paths = (typed: string) =>
    grouped(all, typed).flatMap((group) => group.settings.map((each) => each.path));
  expect(paths('how much')).toEqual(['storage.max_bytes']);
  expect(paths('UNITY_SERVER')).toEqual(['server.listen']);
  expect(paths('nothing of the kind')).toEqual([]);
});

it('a setting is called by the rest of its path', () => {
  expect(nameOf(setting('storage.raw_retention'))).toBe('Raw retention');
  expect(nameOf(setting('server.tls.cert_file'))).toBe('TLS cert file');
  expect(nameOf(setting('alone'))).toBe('Alone');
});
