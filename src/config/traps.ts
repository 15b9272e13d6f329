// Plain scalars that YAML 1.1 and 1.2 read differently. kimg reads 1.2; cloud-init's PyYAML, and many a person's habit, 1.1.
// Patterns: https://yaml.org/type/ (bool, int, float), as PyYAML implements them: no `y` and `n`.
import type { Severity } from "../diagnostic.ts";

export interface Trap {
  readonly severity: Severity;
  readonly message: string;
  readonly hint: string;
  /** False when the reading as text is what people mean wherever text is expected. */
  readonly always: boolean;
}

const quoted = (text: string): string => JSON.stringify(text);

const boolean = (text: string): Trap | undefined => {
  if (!/^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/.test(text)) return undefined;
  return {
    severity: "error",
    message: `${text} is a boolean in YAML 1.1 and text in YAML 1.2`,
    hint: `write ${/^(?:yes|on)$/i.test(text)}, or ${quoted(text)} in quotes for text`,
    always: true,
  };
};

const octal = (text: string): Trap | undefined => {
  if (!/^[-+]?0\d+$/.test(text)) return undefined;
  const value = /^[-+]?[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
  return {
    severity: "error",
    message:
      value === undefined
        ? `${text} is text in YAML 1.1 and the number ${Number(text)} in YAML 1.2`
        : `${text} is the octal number ${value} in YAML 1.1 and the decimal number ${Number(text)} in YAML 1.2`,
    hint: `write ${quoted(text)} in quotes for text or a file mode, or the number without its leading zeros`,
    always: true,
  };
};

const sexagesimal = (text: string): Trap | undefined => {
  if (!/^[-+]?[1-9]\d*(?::[0-5]?\d)+$/.test(text)) return undefined;
  const value = text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return {
    severity: "warning",
    message: `${text} is the base 60 number ${value} in YAML 1.1 and text in YAML 1.2`,
    hint: `write ${quoted(text)} in quotes: kimg takes it as text`,
    always: false,
  };
};

const otherNumber = (text: string): Trap | undefined => {
  const underscores = /^[-+]?(?:0x[\da-fA-F]|\d)[\da-fA-F]*_[\d_a-fA-F]*$/.test(text) && !/^[^x]*[a-f]/i.test(text);
  if (!underscores && !/^[-+]?0b[01_]+$/.test(text)) return undefined;
  return {
    severity: "error",
    message: `${text} is a number in YAML 1.1 and text in YAML 1.2`,
    hint: `write the number in decimal digits, or ${quoted(text)} in quotes for text`,
    always: true,
  };
};

const lossy = (text: string): Trap | undefined => {
  const zeros = /^[-+]?\d+\.\d*0$/.test(text);
  const large = /^[-+]?\d+$/.test(text) && !Number.isSafeInteger(Number(text));
  if (!zeros && !large) return undefined;
  return {
    severity: "warning",
    message: `${text} without quotes is the number ${Number(text)}`,
    hint: `write ${quoted(text)} in quotes if it is a version or another text`,
    always: false,
  };
};

const kinds = [boolean, octal, sexagesimal, otherNumber, lossy];

/** What is ambiguous about the plain scalar, if anything. */
export const trapOf = (text: string): Trap | undefined => {
  for (const kind of kinds) {
    const trap = kind(text);
    if (trap !== undefined) return trap;
  }
  return undefined;
};
