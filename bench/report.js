/** The figures as `docs/performance.md`. */

const number = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const show = ({ median, low, high, runs }, unit = '') =>
  `${number(median)}${unit} (${number(low)} to ${number(high)}, ${runs} runs)`;

function table(title, rows) {
  return `## ${title}\n\n| | median (quartiles) | goal |\n|---|---|---|\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
}

function stepTable({
  cases,
  steps,
  whole,
  fixedSeconds,
  processorMillisecondsPerCase,
  controllerCallsPerCase,
  accountingCalls,
}) {
  return table(`${cases} trivial cases in containers, on four nodes`, [
    ["first step's start to last step's end, Assay", show(steps.ours, ' s'), ''],
    ['the same steps in a bare job script', show(steps.bare, ' s'), ''],
    ['ratio', show(steps.ratio), '≤ 1.15'],
    ['whole wall time, Assay', show(whole.ours, ' s'), ''],
    ['whole wall time, bare script from `sbatch` to its last step', show(whole.bare, ' s'), ''],
    ['ratio of whole wall times', show(whole.ratio), cases >= 2000 ? '≤ 1.15' : ''],
    ['what Assay takes beside the steps', show(fixedSeconds, ' s'), cases < 2000 ? '≤ 3 s' : ''],
    ['own processor time a case', show(processorMillisecondsPerCase, ' ms'), '≤ 5 ms'],
    ["controller RPCs a case beyond the bare script's", show(controllerCallsPerCase), '≤ 0.1'],
    ["slurmdbd's RPCs of the user", show(accountingCalls), '0'],
  ]);
}

/** Facts of every node of the cluster against the collector alone. */
export function factsTable({ nodes, ours, theirs, ratio }) {
  return table(`Facts of ${nodes} nodes of the cluster, the slow ones too`, [
    ['`assay inspect --nodes`, from the question to the facts', show(ours, ' s'), ''],
    ['a bare `srun` of the same script', show(theirs, ' s'), ''],
    ['ratio', show(ratio), nodes >= 128 ? '≤ 1.5' : ''],
  ]);
}

/** Markdown of all figures. */
export function report({ date, start, plan, answers, facts, few, many, peers }) {
  const parts = [
    `# Performance\n\nWritten by \`npm run bench\` on ${date}: a machine of two cores that pretends to be four nodes, shared with others. Only\nthe ratios mean something elsewhere; seconds are shown so that one can see what was compared.\n`,
    table('Start-up', [
      ['`assay --version`', show(start.ours, ' s'), ''],
      ['`node -e 0`', show(start.theirs, ' s'), ''],
      ['ratio', show(start.ratio), '≤ 3'],
    ]),
    table(`Plan of ${plan.cases} cases`, [
      ['`assay plan`, every command word for word', show(plan.seconds, ' s'), '≤ 1 s'],
      ['most memory', show(plan.megabytes, ' MB'), '≤ 200 MB'],
    ]),
    table(`Facts of ${answers.nodes} nodes, ${(answers.bytes / 1000).toFixed(0)} kB each`, [
      ['parsed, fingerprinted, compared and reported', show(answers.seconds, ' s'), '≤ 5 s'],
      ['most memory', show(answers.megabytes, ' MB'), '≤ 500 MB'],
    ]),
    factsTable(facts),
    stepTable(few),
    ...(many ? [stepTable(many)] : []),
    ...(peers
      ? [
          table(
            'ReFrame on the same cases',
            peers.map(({ name, seconds }) => [name, show(seconds, ' s'), '']),
          ),
        ]
      : []),
  ];
  return parts.join('\n');
}
