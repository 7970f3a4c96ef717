/** Student's t: its distribution and quantiles, to about 1e-12. */

/**
 * ln Γ(x) for x > 0, by Stirling's series (Abramowitz and Stegun 6.1.41) after moving x above 12 with
 * Γ(x + 1) = x Γ(x); the first term left out is then below 1e-15.
 */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 12; at += 1) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series =
    (1 / 12 -
      inverse *
        (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188 - (inverse * 691) / 360360))))) /
    at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 1000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) return result;
  }
  return result;
}

/** The regularised incomplete beta function I_x(a, b); `complement` is 1 − x, given apart so that no digit is lost. */
function incompleteBeta(x: number, complement: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(complement));
  // A&S 26.5.2: the fraction converges fast on this side; the other is had by symmetry.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(complement, b, a)) / b;
}

/** The chance that Student's t with `freedom` degrees exceeds `t` (Abramowitz and Stegun 26.7.1). */
export function studentTail(t: number, freedom: number): number {
  const square = t * t;
  const tail = incompleteBeta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/**
 * The t that is exceeded with the chance `alpha`, for 0 < alpha < 1 and `freedom` ≥ 1; NaN for anything else. By
 * bisection, which cannot fail and has an end.
 */
export function studentQuantile(alpha: number, freedom: number): number {
  if (!(alpha > 0 && alpha < 1 && freedom >= 1)) return Number.NaN;
  if (alpha > 0.5) return -studentQuantile(1 - alpha, freedom);
  let high = 1;
  while (studentTail(high, freedom) > alpha && high < 1e300) high *= 2;
  let low = 0;
  for (let count = 0; count < 200; count += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentTail(middle, freedom) > alpha) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
