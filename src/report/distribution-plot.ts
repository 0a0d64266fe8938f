/** Two distribution curves of response times as one SVG picture, without any library. */

export interface Curve {
  readonly label: string;
  /** Ascending, ms. */
  readonly values: Float64Array;
  readonly colour: string;
}

const WIDTH = 640;
const HEIGHT = 400;
const LEFT = 56;
const RIGHT = 16;
const TOP = 40;
const BOTTOM = 48;
const POINTS = 400;

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** A step of 1, 2 or 5 times a power of ten, of which about `count` fit into `span`. */
function step(span: number, count: number): number {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * (raw / power > 5 ? 10 : raw / power > 2 ? 5 : raw / power > 1 ? 2 : 1);
}

/**
 * The curves: response time, ms, to the right; share of requests that took no longer, upwards.
 * @returns the text of an SVG file
 */
export function distributionPlot(title: string, curves: readonly Curve[]): string {
  // The last half a percent would take most of the width.
  const far = Math.max(
    ...curves.map(({ values }) => values[Math.floor(0.995 * (values.length - 1))]),
  );
  const every = step(Math.max(far, 1e-3), 8);
  const most = Math.ceil(far / every) * every || every;
  const x = (ms: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(ms, most)) / most;
  const y = (share: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${LEFT}" y="22" font-size="14">${escaped(title)}</text>`,
  ];
  for (let i = 0; i <= Math.round(most / every); i++) {
    const at = x(i * every).toFixed(1);
    parts.push(
      `<path d="M${at} ${TOP}V${HEIGHT - BOTTOM}" stroke="#ddd"/>`,
      `<text x="${at}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${Number((i * every).toFixed(6))}</text>`,
    );
  }
  for (let i = 0; i <= 4; i++) {
    const at = y(i / 4).toFixed(1);
    parts.push(
      `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#ddd"/>`,
      `<text x="${LEFT - 6}" y="${Number(at) + 4}" text-anchor="end">${25 * i} %</text>`,
    );
  }
  parts.push(
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 12}" text-anchor="end">response time, ms</text>`,
  );
  curves.forEach(({ label, values, colour }, i) => {
    const path: string[] = [];
    for (let p = 0; p <= POINTS; p++) {
      const at = Math.round((p / POINTS) * (values.length - 1));
      path.push(`${x(values[at]).toFixed(1)} ${y((at + 1) / values.length).toFixed(1)}`);
    }
    const legend = HEIGHT - BOTTOM - 14 - 18 * (curves.length - 1 - i);
    parts.push(
      `<path d="M${path.join('L')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
      `<path d="M${WIDTH - 170} ${legend - 4}h24" stroke="${colour}" stroke-width="3"/>`,
      `<text x="${WIDTH - 140}" y="${legend}">${escaped(label)}</text>`,
    );
  });
  parts.push('</svg>', '');
  return parts.join('\n');
}
