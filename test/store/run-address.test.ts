import { expect, test } from 'vitest';
import { addressed } from '../../src/store/run-address.ts';

// Newest first, as the store lists them.
const runs = [
  { id: '0305-eeee', outcome: 'unproven' },
  { id: '0304-dddd', outcome: 'rejected' },
  { id: '0303-cccc', outcome: 'accepted' },
  { id: '0302-bbbb', outcome: 'accepted' },
  { id: '0302-aaaa', outcome: 'rejected' },
];

test.each([
  ['latest', '0305-eeee'],
  ['latest~0', '0305-eeee'],
  ['latest~1', '0304-dddd'],
  ['~1', '0304-dddd'],
  ['~4', '0302-aaaa'],
  ['last-accept', '0303-cccc'],
  ['last-accept~1', '0302-bbbb'],
  ['last-accept~2', '0302-aaaa'],
  ['0303', '0303-cccc'],
  ['0304-dddd~2', '0302-bbbb'],
  ['0302-b~1', '0302-aaaa'],
])('%s is %s', (address, id) => {
  expect(runs[addressed(runs, address, 'store')]?.id).toBe(id);
});

test.each([
  ['latest~5', 'there are only 4 runs before 0305-eeee', 'the oldest is 0302-aaaa'],
  ['0302', 'beginning of 2 runs', '0302-bbbb, 0302-aaaa'],
  ['lastest', 'no run "lastest"', 'did you mean "latest"?'],
  ['last-acept', 'no run "last-acept"', 'did you mean "last-accept"?'],
  ['0303-cccd', 'no run "0303-cccd"', 'did you mean "0303-cccc"?'],
  ['', 'no run ""', 'the newest are 0305-eeee'],
  ['latest~', 'no run "latest~"', 'latest'],
  ['latest~-1', 'no run "latest~-1"', 'latest'],
  ['~', 'no run "~"', '0305-eeee'],
])('%j is refused with a hint', (address, message, hint) => {
  expect(() => addressed(runs, address, 'store')).toThrow(
    expect.objectContaining({
      code: 'STORE_RUN_UNKNOWN',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    }),
  );
});

test('without accepted runs, and without any, the error says so', () => {
  expect(() => addressed(runs.slice(0, 2), 'last-accept', 'store')).toThrow('no run in store was accepted');
  expect(() => addressed([], 'latest', 'store')).toThrow('holds no runs yet');
});
