/**
 * Least squares by Levenberg and Marquardt's steps, with slopes from finite differences: for figures
 * that follow smoothly from few parameters a hundred simulations do, where a search needs thousands
 * (Press et al., Numerical Recipes, 15.5). Coordinates are 0..1 and stay there.
 */

/** How far a coordinate is moved for a slope; small steps see the noise of a short run. */
const STEP = 0.02;
const ROUNDS = 12;
/** A round that gains less of the loss than this is the last. */
const GAIN = 0.002;

export interface LeastSquares {
  readonly point: readonly number[];
  readonly loss: number;
  /** By coordinate: whether moving it changed anything at all. */
  readonly matters: readonly boolean[];
  readonly evaluations: number;
}

export const lossOfResiduals = (residuals: readonly number[]): number =>
  Math.sqrt(residuals.reduce((sum, r) => sum + r * r, 0));

/**
 * @param residuals of each of several points, in their order
 * @param most evaluations
 * @param onProgress called after each round; false ends it
 */
export async function leastSquares(
  start: readonly number[],
  residuals: (points: readonly (readonly number[])[]) => Promise<readonly (readonly number[])[]>,
  most: number,
  onProgress: (done: number, loss: number) => boolean,
): Promise<LeastSquares> {
  const n = start.length;
  let point = [...start];
  let [at] = await residuals([point]);
  let loss = lossOfResiduals(at);
  let evaluations = 1;
  let damping = 0.01;
  const matters = start.map(() => false);
  for (let round = 0; round < ROUNDS && evaluations + n + DAMPINGS.length <= most; round++) {
    const steps = point.map((x) => (x + STEP <= 1 ? STEP : -STEP));
    const moved = await residuals(
      steps.map((step, i) => point.map((x, j) => (i === j ? x + step : x))),
    );
    evaluations += n;
    const slopes = moved.map((r, i) => r.map((x, k) => (x - at[k]) / steps[i]));
    slopes.forEach((column, i) => {
      if (column.some((x) => x !== 0)) matters[i] = true;
    });
    // Several dampings at once: workers share them.
    const tried = DAMPINGS.map((by) => stepped(point, at, slopes, damping * by));
    const answers = await residuals(tried);
    evaluations += tried.length;
    const losses = answers.map(lossOfResiduals);
    const best = losses.indexOf(Math.min(...losses));
    const before = loss;
    if (losses[best] < loss) {
      point = tried[best];
      at = answers[best];
      loss = losses[best];
      damping = Math.max(1e-6, damping * DAMPINGS[best] * 0.3);
    } else damping *= 30;
    if (!onProgress(evaluations, loss)) break;
    if (loss > before * (1 - GAIN) && (loss < before || damping > 1e3)) break;
  }
  return { point, loss, matters, evaluations };
}

const DAMPINGS = [0.1, 1, 10, 100];

/** The damped step, cut at the borders. */
function stepped(
  point: readonly number[],
  at: readonly number[],
  slopes: readonly (readonly number[])[],
  damping: number,
): number[] {
  const normal = slopes.map((a, i) =>
    slopes.map((b, j) => {
      const sum = a.reduce((total, x, k) => total + x * b[k], 0);
      return i === j ? sum * (1 + damping) + 1e-9 : sum;
    }),
  );
  const step = solve(
    normal,
    slopes.map((a) => -a.reduce((total, x, k) => total + x * at[k], 0)),
  );
  return point.map((x, i) => Math.min(1, Math.max(0, x + step[i])));
}

/** Gauss's elimination with pivots; `matrix` is used up. */
function solve(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let r = i + 1; r < n; r++) {
      if (Math.abs(matrix[r][i]) > Math.abs(matrix[pivot][i])) pivot = r;
    }
    [matrix[i], matrix[pivot]] = [matrix[pivot], matrix[i]];
    [right[i], right[pivot]] = [right[pivot], right[i]];
    for (let r = i + 1; r < n; r++) {
      const by = matrix[r][i] / matrix[i][i];
      for (let c = i; c < n; c++) matrix[r][c] -= by * matrix[i][c];
      right[r] -= by * right[i];
    }
  }
  const x = [...right];
  for (let i = n - 1; i >= 0; i--) {
    for (let c = i + 1; c < n; c++) x[i] -= matrix[i][c] * x[c];
    x[i] /= matrix[i][i];
  }
  return x;
}
