// Diagnostics as workflow commands of GitHub Actions, which show them at their lines in a pull request. Pure.
import { type Diagnostic, formatPath, visible } from "./diagnostic.ts";

/** https://github.com/actions/toolkit, packages/core/src/command.ts: a line feed would end the command, and `%` begins an escape. */
const escapeMessage = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

/** In a property `:` and `,` would end it as well. */
const escapeProperty = (text: string): string => escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

const workflowCommand = ({ severity, code, message, hint, path, location }: Diagnostic): string => {
  const place =
    location === undefined
      ? []
      : [`file=${escapeProperty(visible(location.file))}`, `line=${location.line}`, `col=${location.column}`];
  const where = path === undefined || path.length === 0 ? "" : `${formatPath(path)}: `;
  const lines = [`${where}${message}`, ...(hint === undefined ? [] : hint.split("\n"))];
  const properties = [...place, `title=${escapeProperty(code)}`];
  return `::${severity} ${properties.join(",")}::${escapeMessage(lines.map(visible).join("\n"))}`;
};

/**
 * One command a line: `::error file=cluster.yaml,line=7,col=5,title=node/unknown-role::nodes[1].role: no role "wroker"`.
 * Properties: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions. GitHub shows the first ten of a kind
 * for each step, and the log has all of them.
 */
export const workflowCommands = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map(workflowCommand).join("\n");
