import { describe, expect, it } from 'vitest';
import { axisRange } from './scale';

const line = { kind: 'line', unit: '' } as const;

describe('the value axis', () => {
  it('begins at zero where the values are near it', () => {
    expect(axisRange(2, 10, line)).toEqual([0, 10.8]);
  });
  it('begins below values that are far from zero and near each other', () => {
    const [low, high] = axisRange(50, 55, { kind: 'line', unit: 'celsius' });
    expect(low).toBeGreaterThan(45);
    expect(low).toBeLessThan(50);
    expect(high).toBeGreaterThan(55);
  });
  it('begins at zero for ratios and for what is filled', () => {
    expect(axisRange(0.5, 0.55, { kind: 'line', unit: 'ratio' })[0]).toBe(0);
    expect(axisRange(50, 55, { kind: 'area', unit: '' })[0]).toBe(0);
  });
  it('keeps declared bounds unless a value is beyond them', () => {
    expect(axisRange(0.2, 0.4, { kind: 'line', unit: 'ratio', min: 0, max: 1 })).toEqual([0, 1]);
    expect(axisRange(0.2, 1.5, { kind: 'line', unit: 'ratio', min: 0, max: 1 })[1]).toBeGreaterThan(1.5);
  });
  it('has room on both sides for what is drawn below zero', () => {
    const [low, high] = axisRange(-100, 50, line);
    expect(low).toBeLessThan(-100);
    expect(high).toBeGreaterThan(50);
  });
  it('has a value that never changes in its middle', () => {
    expect(axisRange(200, 200, line)).toEqual([180, 220]);
  });
  it.each([
    [null, null],
    [0, 0],
    [5, 5],
    [-5, -5],
    [-5, 0],
  ])('is never empty for %s to %s', (low, high) => {
    const [bottom, top] = axisRange(low, high, { kind: 'line', unit: 'celsius' });
    expect(top).toBeGreaterThan(bottom);
    expect(bottom).toBeLessThanOrEqual(low ?? 0);
    expect(top).toBeGreaterThanOrEqual(high ?? 0);
  });
});
