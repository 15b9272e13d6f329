// Before what is not put back by running another command: says what would be done, and asks a person.
import { UsageError } from "../diagnostic.ts";

export interface Confirmation {
  /** Does nothing but say it. */
  readonly dryRun: boolean;
  /** Asks nobody. */
  readonly yes: boolean;
  /** Asks a person; absent where there is none. */
  readonly ask?: (question: string) => Promise<string>;
}

/** Whether to do it. `aim`: "To replace cp2". Rejects with UsageError when nobody is there to say so. */
export const confirmed = async (
  aim: string,
  steps: readonly string[],
  { dryRun, yes, ask }: Confirmation,
): Promise<boolean> => {
  if (dryRun || yes) return !dryRun;
  if (ask === undefined)
    throw new UsageError("nobody is there to confirm this", "--dry-run says what would be done, --yes does it");
  const answer = await ask(`${aim}:\n${steps.map((step) => `  ${step}\n`).join("")}Do it? [y/N] `);
  return /^y(?:es)?$/i.test(answer.trim());
};
