import { expect, test } from 'vitest';
import { namesSecret, withoutCredentials } from '../../src/inspect/secret-names.ts';

test('names that hide their value, and partition keys that do not', () => {
  for (const name of ['APPTAINER_DOCKER_PASSWORD', 'PMI_SHARED_SECRET', 'NGC_API_KEY', 'x_token', 'AWS_Credential'])
    expect(namesSecret(name)).toBe(true);
  for (const name of ['UCX_IB_PKEY', 'NCCL_IB_PKEY_INDEX', 'OMP_NUM_THREADS', 'LD_LIBRARY_PATH'])
    expect(namesSecret(name)).toBe(false);
});

test('credentials inside an address', () => {
  expect(withoutCredentials('a https://user:word@host/x b')).toBe('a https://***@host/x b');
  expect(withoutCredentials('10.0.0.1@o2ib,10.0.0.2@o2ib:/scratch')).toBe('10.0.0.1@o2ib,10.0.0.2@o2ib:/scratch');
});
