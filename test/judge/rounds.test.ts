import { describe, expect, it } from 'vitest';
import { decideRounds } from '../../src/judge/rounds.ts';
import { studentQuantile, studentTail } from '../../src/judge/student.ts';

describe('studentQuantile', () => {
  // One degree of freedom: tan(π(1/2 − α)); two: (1 − 2α) √(2 / (4α(1 − α))). Both exact.
  it.each([0.4, 0.25, 0.05, 0.0194, 0.01, 1e-4, 1e-8])('is exact for one and two degrees at %s', (alpha) => {
    const one = 1 / Math.tan(Math.PI * alpha);
    const two = (1 - 2 * alpha) * Math.sqrt(2 / (4 * alpha * (1 - alpha)));
    expect(Math.abs(studentQuantile(alpha, 1) / one - 1)).toBeLessThan(1e-9);
    expect(Math.abs(studentQuantile(alpha, 2) / two - 1)).toBeLessThan(1e-9);
  });

  // Tables of the t distribution, such as NIST/SEMATECH e-Handbook 1.3.6.7.2, to their three digits.
  it.each([
    [0.05, 3, 2.353],
    [0.025, 4, 2.776],
    [0.01, 5, 3.365],
    [0.001, 10, 4.144],
    [0.05, 30, 1.697],
    [0.025, 100, 1.984],
    [0.1, 11, 1.363],
  ])('agrees with tables at %s, %s', (alpha, freedom, value) => {
    expect(studentQuantile(alpha, freedom)).toBeCloseTo(value, 3);
  });

  it('tends to the normal distribution', () => {
    expect(studentQuantile(0.025, 1e8)).toBeCloseTo(1.959963985, 6);
  });

  it('agrees with the distribution integrated numerically', () => {
    for (const freedom of [3, 4, 5, 8, 11]) {
      const density = (t: number) => (1 + (t * t) / freedom) ** (-(freedom + 1) / 2);
      // With t = tan u the density has a finite range; Simpson's rule on a fine grid.
      const integral = (from: number) => {
        const [a, b] = [Math.atan(from), Math.PI / 2];
        const n = 4000;
        let sum = 0;
        for (let i = 0; i <= n; i += 1) {
          const u = a + ((b - a) * i) / n;
          const value = i === n ? 0 : density(Math.tan(u)) / Math.cos(u) ** 2;
          sum += value * (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2);
        }
        return (sum * (b - a)) / n / 3;
      };
      for (const alpha of [0.3, 0.05, 0.0194, 0.001]) {
        const t = studentQuantile(alpha, freedom);
        expect(integral(t) / (2 * integral(0))).toBeCloseTo(alpha, 9);
      }
    }
  });

  it('is odd about one half, inverts the tail, and refuses nonsense', () => {
    expect(studentQuantile(0.5, 4)).toBeCloseTo(0, 9);
    expect(studentQuantile(0.95, 4)).toBeCloseTo(-studentQuantile(0.05, 4), 12);
    expect(studentTail(studentQuantile(0.9, 7), 7)).toBeCloseTo(0.9, 12);
    for (const [alpha, freedom] of [
      [0, 3],
      [1, 3],
      [0.1, 0],
      [Number.NaN, 3],
      [0.1, Number.NaN],
    ] as const)
      expect(studentQuantile(alpha, freedom)).toBeNaN();
  });
});

describe('decideRounds', () => {
  const margin = Math.log(1.03);
  const decide = (...differences: number[]) => decideRounds({ differences, margin, alpha: 0.0194 });

  it('accepts what is surely within the margin', () => {
    expect(decide(0.001, -0.002, 0.001, 0)).toMatchObject({ outcome: 'accept', rounds: 4, estimate: 0 });
    expect(decide(-0.5, -0.51, -0.49, -0.5).outcome).toBe('accept');
  });

  it('rejects a slowdown that is real and large enough', () => {
    const answer = decide(0.05, 0.051, 0.049, 0.05);
    expect(answer.outcome).toBe('reject');
    expect(answer.effectPercent).toBeCloseTo(5.127, 3);
  });

  it('does not decide in between', () => {
    expect(decide(0.06, -0.06, 0.08, 0.02).outcome).toBe('undecided');
    expect(decide(0.02, 0.0201, 0.08, 0.0199).outcome).toBe('undecided');
  });

  it('decides nothing on too little or on nonsense', () => {
    expect(decide().outcome).toBe('undecided');
    expect(decide(0.5).outcome).toBe('undecided');
    expect(decide(0, Number.NaN, 0).outcome).toBe('undecided');
    expect(decide(Number.NEGATIVE_INFINITY, 0, 0).outcome).toBe('undecided');
    expect(decideRounds({ differences: [0, 0, 0], margin: Number.NaN, alpha: 0.05 }).outcome).toBe('undecided');
    expect(decideRounds({ differences: [0, 0, 0], margin, alpha: 0 }).outcome).toBe('undecided');
  });

  it('gives bounds that a computation by hand gives', () => {
    const { lower, upper, estimate } = decideRounds({ differences: [1, 2, 3, 4], margin, alpha: 0.05 });
    const half = 2.3533634348 * Math.sqrt(5 / 3 / 4);
    expect(estimate).toBe(2.5);
    expect(upper).toBeCloseTo(2.5 + half, 8);
    expect(lower).toBeCloseTo(2.5 - half, 8);
  });
});
