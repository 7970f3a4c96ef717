import { defineConfig } from 'vitest/config';

/** Tests of one group. Those on the cluster share it, so they run one file at a time. */
function group(name: string, include: string[], exclude: string[], serial: boolean) {
  return {
    test: {
      name,
      include,
      exclude,
      testTimeout: serial ? 300_000 : 20_000,
      hookTimeout: serial ? 300_000 : 60_000,
      fileParallelism: !serial,
    },
  };
}

const special = ['test/cluster/**', 'test/captures/**', 'test/soak/**'];

export default defineConfig({
  test: {
    reporters: ['default', './.ci/counts-reporter.js'],
    projects: [
      group('unit', ['test/**/*.test.ts'], special, false),
      group('cluster', ['test/cluster/**/*.test.ts'], [], true),
      group('captures', ['test/captures/**/*.test.ts'], [], false),
      group('soak', ['test/soak/**/*.test.ts'], [], true),
    ],
  },
});
