import { fade } from '~/panels/chartOptions';
import type { Line } from '~/panels/points';

/** Draws a chart with a title and a legend into a picture file. */
export async function pictureOfChart(
  box: HTMLElement,
  title: string,
  lines: readonly Line[],
): Promise<Blob | null> {
  const chart = box.querySelector('canvas');
  if (!chart) return null;
  const style = getComputedStyle(box);
  const get = (name: string) => style.getPropertyValue(name).trim();
  const ratio = devicePixelRatio;
  const pad = 20 * ratio;
  const row = 18 * ratio;
  const shown = lines.slice(0, 12);
  const canvas = document.createElement('canvas');
  canvas.width = chart.width + 2 * pad;
  canvas.height = chart.height + 3 * pad + row * (shown.length + 1);
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.fillStyle = get('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = 'middle';
  context.fillStyle = get('--text');
  context.font = `600 ${14 * ratio}px ${get('--font')}`;
  context.fillText(title, pad, pad + row / 2, canvas.width - 2 * pad);
  context.drawImage(chart, pad, pad + row * 1.4);
  context.font = `${12 * ratio}px ${get('--font')}`;
  shown.forEach((line, n) => {
    const y = chart.height + 2 * pad + row * (n + 1.5);
    const colour = get(`--series-${(n % 10) + 1}`);
    context.fillStyle = line.faded ? fade(colour, 0.5) : colour;
    context.fillRect(pad, y - 4 * ratio, 8 * ratio, 8 * ratio);
    context.fillStyle = get('--text-2');
    context.fillText(line.name, pad + 16 * ratio, y, canvas.width - 2 * pad - 16 * ratio);
  });
  return new Promise((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
}
