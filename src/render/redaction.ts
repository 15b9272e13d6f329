// Text → the same text for people's eyes: no secret of the cluster is left in it, line for line. Secrets that it had before are known by
// their looks, and by the place in which the new one stands.
import type { SecretName, Secrets } from "../model.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { openToAll } from "./leak-check.ts";
import { formsOf, partsOf } from "./secret-search.ts";

export interface Redaction {
  /** What is, or is to be. */
  readonly redact: (text: string) => string;
  /** What was: `now` is the same file's text as it will be. */
  readonly redactBefore: (before: string, now: string) => string;
}

type Known = readonly [form: string, secret: SecretName];

const knownForms = ({ values }: Secrets): readonly Known[] => {
  const open = [...openToAll].map((name) => values[name]);
  return secretNames
    .filter((name) => !openToAll.has(name))
    .flatMap((name) => partsOf(values[name]).map((part) => ({ name, part })))
    .filter(({ part }) => !open.some((text) => text.includes(part)))
    .flatMap(({ name, part }) => formsOf(part).map((form): Known => [form, name]))
    .toSorted(([left], [right]) => right.length - left.length);
};

/** kubeadm's bootstrap tokens: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#token-format */
const tokens = /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g;
/** Lines of a PEM, keys, what is compressed: all have a capital letter, unlike digests and most paths. */
const longCodes = /(?<![A-Za-z0-9+/])(?=[a-z0-9+/]*[A-Z])[A-Za-z0-9+/]{32,}={0,2}/g;

/** Whole, the short line at its end too. */
const privateKeys = /(?<=-----BEGIN [A-Z ]*PRIVATE KEY-----)[^-]+(?=-----END )/g;

const byLooks = (text: string): string =>
  text
    .replaceAll(privateKeys, (inner) => inner.replaceAll(/\S+/g, "(private key)"))
    .replaceAll(tokens, "(token)")
    .replaceAll(longCodes, (found) => `(${found.length} characters)`);

const placeholder = (secret: SecretName): string => `(${secret})`;
const anyPlaceholder = new RegExp(`\\((?:${secretNames.map((name) => name.replaceAll(".", "\\.")).join("|")})\\)`);

/** What stands in front of a secret in its line: long enough to be told from other lines. */
const leadsOf = (redacted: string): readonly string[] =>
  redacted.split("\n").flatMap((line) => {
    const lead = line.slice(0, anyPlaceholder.exec(line)?.index ?? 0);
    return lead.trim().length >= 4 ? [lead] : [];
  });

export const redaction = (secrets: Secrets): Redaction => {
  const known = knownForms(secrets);
  const byValue = (text: string): string =>
    known.reduce((left, [form, secret]) => left.replaceAll(form, placeholder(secret)), text);
  const redact = (text: string): string => byLooks(byValue(text));
  return {
    redact,
    redactBefore: (before, now) => {
      const leads = new Set(leadsOf(byValue(now)));
      const hidden = before.split("\n").map((line) => {
        const lead = [...leads].find((each) => line.startsWith(each));
        return lead === undefined ? line : `${lead}(secret)`;
      });
      return redact(hidden.join("\n"));
    },
  };
};
