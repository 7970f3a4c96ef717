import { expect, test } from 'vitest';
import { storedEnvironment } from '../../src/flow/run-record.ts';

test('what names the run or the case is no part of the stored environment', () => {
  const environment = { ASSAY_CASE: 'a/b', ASSAY_NONCE: 'run', ASSAY_WIREUP_LINGER: '1', PATH: '/bin' };
  expect(storedEnvironment({ environment })).toEqual({ ASSAY_WIREUP_LINGER: '1', PATH: '/bin' });
});
