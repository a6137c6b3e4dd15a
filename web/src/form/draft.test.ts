import { expect, it } from 'vitest';
import { checkGeneral, generalBody, generalOf } from './draft';

const standard = { interval_seconds: 60, timeout_seconds: 30 };

it('the times of the plugin are shown as empty and sent as 0', () => {
  const general = generalOf(
    { name: 'NAS', interval_seconds: 60, timeout_seconds: 5, tags: ['a', 'b'] },
    standard,
  );
  expect(general).toEqual({ name: 'NAS', interval: '', timeout: '5s', tags: 'a, b' });
  expect(generalBody(general)).toEqual({
    name: 'NAS',
    interval_seconds: 0,
    timeout_seconds: 5,
    tags: ['a', 'b'],
  });
});

it('a new source begins with nothing', () => {
  expect(generalOf(undefined, standard)).toEqual({ name: '', interval: '', timeout: '', tags: '' });
});

it('times that are none are faults', () => {
  const general = { name: '', interval: 'often', timeout: '10s', tags: ' , ' };
  expect(Object.keys(checkGeneral(general))).toEqual(['interval_seconds']);
  expect(generalBody(general).tags).toEqual([]);
});
