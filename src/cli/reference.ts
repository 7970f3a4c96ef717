/** `docs/cli.md`, made from the same data as `--help`. */

import { commands } from './commands/index.ts';
import { buildProgram } from './program.ts';

/** The reference of every command as Markdown: the text that `--help` prints. */
export function commandReference(): string {
  const program = buildProgram(commands, '', async () => {});
  const parts = program.commands.map((command) => {
    const help = command.createHelp();
    help.helpWidth = 110;
    return `## assay ${command.name()}\n\n\`\`\`text\n${help.formatHelp(command, help).trimEnd()}\n\`\`\`\n`;
  });
  return `# The command line\n\nMade by \`npm run reference\` from the same data as \`--help\`.\n\n${parts.join('\n')}`;
}
