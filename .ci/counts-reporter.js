// A vitest reporter that appends "PASSED FAILED SKIPPED" of one run to the file named by ASSAY_COUNTS.
import { appendFileSync } from 'node:fs';

export default class CountsReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      if (module.children.size === 0 || module.errors().length > 0) counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'passed' ? 'passed' : state === 'failed' ? 'failed' : 'skipped'] += 1;
      }
    }
    if (process.env.ASSAY_COUNTS)
      appendFileSync(process.env.ASSAY_COUNTS, `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
  }
}
