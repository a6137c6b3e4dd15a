import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eachFrame } from './begin';

describe('eachFrame', () => {
  let frames: (() => void)[];
  beforeEach(() => {
    frames = [];
    vi.useFakeTimers();
    vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
    vi.stubGlobal('cancelAnimationFrame', () => (frames = []));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const paint = () => {
    for (const frame of frames.splice(0)) frame();
    vi.runAllTimers();
  };

  it('calls behind each frame for as long as it is wanted', () => {
    const call = vi.fn(() => call.mock.calls.length < 2);
    eachFrame(call);
    expect(call).toHaveBeenCalledTimes(0);
    paint();
    expect(call).toHaveBeenCalledTimes(1);
    paint();
    paint();
    expect(call).toHaveBeenCalledTimes(2);
  });

  it('calls no more when that is ended', () => {
    const call = vi.fn(() => true);
    const end = eachFrame(call);
    paint();
    end();
    paint();
    expect(call).toHaveBeenCalledTimes(1);
  });
});
