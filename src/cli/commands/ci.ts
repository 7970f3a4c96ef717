/** `assay ci`. */
import { parseImageRef } from '../../base/image-ref.ts';
import { parseDuration } from '../../base/quantity.ts';
import { type PipelineView, usualPipeline } from '../../report/pipeline.ts';
import { type Command, type CommandInput, textOption } from '../command.ts';
import { usageInvalid } from '../errors.ts';
import { nodeCount } from '../node-count.ts';

const named: readonly (readonly [flag: string, key: keyof typeof usualPipeline, description: string])[] = [
  ['--suites <names>', 'suites', 'suites to run, separated by blanks'],
  ['--site <file>', 'site', 'site file'],
  ['--policy <file>', 'policy', 'policy file'],
  ['--assay <command>', 'assay', 'the command on the login node'],
  ['--promoter <command>', 'promoter', 'the command of the promotion'],
  ['--nodes <number>', 'nodes', 'how many nodes to inspect'],
  ['--wait <duration>', 'wait', 'longest wait for allocations'],
  ['--timeout <duration>', 'timeout', 'time limit of a job'],
  ['--login-tag <tag>', 'loginTag', 'tag of the runner on a login node'],
  ['--promotion-tag <tag>', 'promotionTag', 'tag of the runner that may promote'],
  ['--key-variable <name>', 'keyVariable', 'file variable that holds the private key'],
  ['--id-token <name>', 'idToken', 'name of the identity token that the site asks for'],
  ['--audience <url>', 'audience', 'whom that token is for'],
];

function view(input: CommandInput, image: string, to: string): PipelineView {
  const words = Object.fromEntries(named.map(([, key]) => [key, textOption(input, key) ?? usualPipeline[key]]));
  const found = { ...usualPipeline, ...words, image, to, move: input.options.move === true };
  for (const key of ['keyVariable', 'idToken'] as const)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(found[key]))
      throw usageInvalid(`"${found[key]}" is no name for a variable`, 'write letters, digits and underscores');
  for (const [flag, key] of named)
    if (String(found[key]).trim() === '')
      throw usageInvalid(`${flag.split(' ')[0]} is empty`, 'leave it out for what is usual');
  // What names a GitLab variable is known to GitLab alone.
  const plain = (text: string) => !text.includes('$');
  if (plain(found.nodes)) nodeCount(found.nodes);
  if (plain(found.wait)) parseDuration(found.wait);
  for (const name of [image, to]) checkImage(name, plain(name));
  return found;
}

/** An image in a registry: a layout on disk is on one machine alone, and no job of a pipeline has it. */
function checkImage(name: string, whole: boolean): void {
  const hint = 'write REGISTRY/REPOSITORY:TAG';
  if (name === '' || /\s/.test(name)) throw usageInvalid(`"${name}" is no name of an image`, hint);
  if (name.startsWith('oci:')) throw usageInvalid(`${name} lies on one machine alone`, hint);
  if (whole) parseImageRef(name);
}

export const ci: Command = {
  name: 'ci',
  summary: 'write a GitLab pipeline from image to promotion',
  description:
    'Writes .gitlab-ci.yml with the stages inspect, run, gate and promote; gate and promote are for the protected default ' +
    'branch. Values may name GitLab variables, such as $CI_COMMIT_SHORT_SHA.',
  args: [{ name: 'what', description: 'init' }],
  options: [
    { flags: '--image <name>', description: 'image to test: REGISTRY/REPOSITORY:TAG', required: true },
    { flags: '--to <name>', description: 'REGISTRY/REPOSITORY:TAG of the blessed image', required: true },
    ...named.map(([flags, key, description]) => ({
      flags,
      description: `${description}; ${usualPipeline[key]} unless said`,
    })),
    { flags: '--move', description: 'let the blessed tag move from image to image' },
    { flags: '--output <file>', description: 'file to write, or - to print; .gitlab-ci.yml unless said' },
    { flags: '--force', description: 'replace a file that is there' },
  ],
  run: async (input, { system }) => {
    if (input.args[0] !== 'init')
      throw usageInvalid(`"${input.args[0]}" is nothing to do with a pipeline`, 'write: assay ci init');
    const { ciInit } = await import('../../flow/ci-init.ts');
    const output = textOption(input, 'output') ?? '.gitlab-ci.yml';
    const words = view(input, textOption(input, 'image') ?? '', textOption(input, 'to') ?? '');
    const made = await ciInit(system, words, { output, force: input.options.force === true });
    return { text: made.file === undefined ? made.text : `wrote ${made.file}\n`, value: made, exitCode: 0 };
  },
};
