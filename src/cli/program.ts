/** The one import site of commander: turns command data into a program. */
import { Command as Program } from 'commander';
import type { Command, CommandInput } from './command.ts';
import { usageInvalid } from './errors.ts';

/** Called with the command that was asked for and what was given to it. */
export type Chosen = (command: Command, input: CommandInput) => Promise<void>;

const help = { options: '-h, --help', text: 'Show this help.' };

/** A program of these commands. Unknown words throw CLI_USAGE_INVALID instead of ending the process. */
export function buildProgram(commands: readonly Command[], version: string, chosen: Chosen): Program {
  const program = new Program('assay')
    .description('Acceptance testing of containers on HPC systems.')
    .version(version, '--version', 'Show the version.')
    .helpOption(help.options, help.text)
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const command of commands) {
    const sub = program
      .command(command.name)
      .summary(command.summary)
      .description(command.description)
      .helpOption(help.options, help.text)
      .allowExcessArguments(false)
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    for (const argument of command.args) {
      const name = argument.many ? `${argument.name}...` : argument.name;
      sub.argument(argument.optional ? `[${name}]` : `<${name}>`, argument.description);
    }
    for (const option of command.options) {
      if (option.required) sub.requiredOption(option.flags, option.description);
      else sub.option(option.flags, option.description);
    }
    sub.option('--json', 'Print the result as JSON.');
    sub.action(async (...received: unknown[]) => {
      const options = received.at(-2) as CommandInput['options'];
      const args = received
        .slice(0, -2)
        .flat()
        .filter((word): word is string => typeof word === 'string');
      await chosen(command, { args, options });
    });
  }
  return program;
}

/** Runs the program on these words; a wrong command line throws CLI_USAGE_INVALID. Help and version print and return. */
export async function parseCommandLine(program: Program, words: readonly string[]): Promise<void> {
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === 'commander.helpDisplayed' || code === 'commander.version') return;
    if (code === 'commander.help') {
      process.stdout.write(program.helpInformation());
      return;
    }
    if (!code.startsWith('commander.')) throw error;
    const message = (error as Error).message.replace(/^error: /, '').split('\n');
    const command = program.commands.find((item) => item.name() === words[0]);
    const hint = message[1]?.replace(/[()]/g, '') ?? `see: assay ${command ? `${command.name()} ` : ''}--help`;
    throw usageInvalid(message[0] ?? 'the command line cannot be read', hint);
  }
}
