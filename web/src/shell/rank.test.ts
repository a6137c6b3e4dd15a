import { describe, expect, it } from 'vitest';
import { ranked, score } from './rank';

const names = (typed: string, ...all: string[]) =>
  ranked(
    typed,
    all.map((name) => ({ name, kind: 'x' })),
    10,
  ).map((each) => each.name);

describe('what is searched for', () => {
  it('comes first when it begins with what was typed', () => {
    expect(names('net', 'Subnet', 'Home network', 'Network')).toEqual(['Network', 'Home network', 'Subnet']);
  });
  it('is found by first letters', () => {
    expect(names('hn', 'Home network', 'Phone')).toEqual(['Home network']);
    expect(names('cput', 'cpu_temperature', 'computer')).toEqual(['cpu_temperature']);
  });
  it('has every word that was typed, in any order', () => {
    expect(names('nas disk', 'Disks of nas', 'Disks of pi')).toEqual(['Disks of nas']);
  });
  it('is nothing where nothing suits', () => {
    expect(names('zzz', 'Network')).toEqual([]);
    expect(names('', 'Network')).toEqual([]);
  });
});

it('a name counts more than the words beside it', () => {
  expect(score('web', { name: 'Web' })).toBeGreaterThan(score('web', { name: 'Proxy', words: 'web http' }));
  expect(score('web', { name: 'Proxy', words: 'web http' })).toBeGreaterThan(0);
});

it('no kind crowds the others out', () => {
  const items = [
    ...Array.from({ length: 9 }, (_, n) => ({ name: `disk ${n}`, kind: 'metric' })),
    { name: 'big disk', kind: 'source' },
  ];
  const got = ranked('disk', items, 3);
  expect(got.filter((each) => each.kind === 'metric')).toHaveLength(3);
  expect(got.filter((each) => each.kind === 'source')).toHaveLength(1);
});
