// Where a passphrase comes from: a file, the environment, or a person. Never the command line, which every user of the machine sees.
import { DiagnosticError, UsageError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";

export interface PassphraseSource {
  /** `--passphrase-file`: its first line. */
  readonly passphraseFile?: string;
  /** Asks on the terminal without echo; absent where there is none. */
  readonly askHidden?: (question: string) => Promise<string>;
}

const nonEmpty = (passphrase: string): string => {
  if (passphrase !== "") return passphrase;
  throw new UsageError("the passphrase is empty");
};

const askTwice = async (ask: (question: string) => Promise<string>): Promise<string> => {
  const first = nonEmpty(await ask("New passphrase: "));
  if ((await ask("The same again: ")) === first) return first;
  throw new UsageError("the two passphrases differ");
};

/** `purpose` decides whether a person is asked twice. Throws UsageError when there is nowhere to get it from. */
export const obtainPassphrase = async (
  io: Pick<Io, "files" | "environment">,
  source: PassphraseSource,
  purpose: "encrypt" | "decrypt",
): Promise<string> => {
  if (source.passphraseFile !== undefined) {
    const text = await io.files.readText(source.passphraseFile);
    return nonEmpty(text.split(/\r?\n/, 1)[0] ?? "");
  }
  const fromEnvironment = io.environment["KIMG_PASSPHRASE"];
  if (fromEnvironment !== undefined) return nonEmpty(fromEnvironment);
  if (source.askHidden !== undefined) {
    return purpose === "encrypt" ? askTwice(source.askHidden) : nonEmpty(await source.askHidden("Passphrase: "));
  }
  throw new DiagnosticError([
    {
      severity: "error",
      code: "secrets/no-passphrase",
      message: `a passphrase is needed to ${purpose} the secrets, and there is no terminal to ask on`,
      hint: "set KIMG_PASSPHRASE, or give --passphrase-file FILE",
    },
  ]);
};
