// A flat, signed apt repository of upstream's. The chain is: pinned fingerprint → Release.key → InRelease → Packages → package.
import { gunzipSync } from "node:zlib";
import type * as OpenPgp from "openpgp";
import { ToolError } from "../../diagnostic.ts";
import { type IndexedPackage, parsePackagesIndex, parseReleaseDigests } from "../apt-index.ts";
import type { Access } from "./access.ts";
import { checkSha256, getBytes, getText, sha256Of } from "./get.ts";

export interface SignedRepository {
  /** Ends in a slash. */
  readonly url: string;
  /** Fingerprint of the primary key: 40 hex digits, upper case. */
  readonly signedBy: string;
}

const distrusted = (what: string, tail: string): ToolError =>
  new ToolError(`verifying ${what}`, {
    tail,
    hint:
      "nothing of this repository is used: its key may have been replaced (images/components/ names the one that kimg trusts), " +
      "somebody may stand in between, or this machine's clock is wrong",
  });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The one key in `armored`, which must have the fingerprint; there may be none beside it, whatever it is for. */
const readPinnedKey = async (
  { readKeys }: typeof OpenPgp,
  armored: string,
  { url, signedBy }: SignedRepository,
): Promise<OpenPgp.Key> => {
  const what = `${url}Release.key`;
  // A reader of armour stops at the end of the first block.
  if (armored.split("-----BEGIN ").length > 2) throw distrusted(what, "it holds more than one block of keys");
  const keys = await readKeys({ armoredKeys: armored }).catch((error: unknown) => {
    throw distrusted(what, `it holds no key: ${reasonOf(error)}`);
  });
  const found = keys.map((key) => key.getFingerprint().toUpperCase());
  const [key] = keys;
  if (key !== undefined && found.length === 1 && found[0] === signedBy) return key;
  throw distrusted(what, `expected the key ${signedBy} alone\nbut it holds ${found.join(", ") || "none"}`);
};

/** apt too refuses what an expired key signed, though it was valid then. */
const checkValidity = async (key: OpenPgp.Key, now: Date, { url }: SignedRepository): Promise<void> => {
  const expires = await key.getExpirationTime();
  if (expires instanceof Date && expires <= now) {
    const day = expires.toISOString().slice(0, 10);
    throw new ToolError(`verifying ${url}Release.key`, {
      tail: `the key expired on ${day}; upstream does not prolong it in repositories of versions that it no longer supports`,
      hint: "`--from modules` compiles that version",
    });
  }
  await key.verifyPrimaryKey(now).catch((error: unknown) => {
    throw distrusted(`${url}Release.key`, reasonOf(error));
  });
};

/** The signed text of an InRelease, and nothing that stands around it. */
const verifiedText = async (
  { readCleartextMessage, verify }: typeof OpenPgp,
  inRelease: string,
  key: OpenPgp.Key,
  now: Date,
  { url }: SignedRepository,
): Promise<string> => {
  try {
    const message = await readCleartextMessage({ cleartextMessage: inRelease });
    // The repository's key is prolonged now and then, which dates its own signature after those of older indices. What that
    // setting allows besides is no matter: the key is the pinned one.
    const config = { allowInsecureVerificationWithReformattedKeys: true };
    const { data } = await verify({ message, verificationKeys: key, expectSigned: true, date: now, config });
    return data;
  } catch (error) {
    throw distrusted(`${url}InRelease`, reasonOf(error));
  }
};

const fetchIndex = async (access: Access, url: string, digests: ReadonlyMap<string, string>): Promise<string> => {
  const name = ["Packages", "Packages.gz"].find((candidate) => digests.has(candidate));
  if (name === undefined) throw distrusted(`${url}InRelease`, "it names no Packages with a SHA-256");
  const { bytes } = await getBytes(access, `${url}${name}`);
  checkSha256(access.at(`${url}${name}`), sha256Of(bytes), digests.get(name) ?? "");
  return Buffer.from(name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
};

/** All packages. Rejects with ToolError when a link of the chain does not hold. */
export const readSignedRepository = async (
  access: Access,
  repository: SignedRepository,
): Promise<readonly IndexedPackage[]> => {
  const { url } = repository;
  const now = access.io.now();
  const [armored, inRelease] = await Promise.all([
    getText(access, `${url}Release.key`),
    getText(access, `${url}InRelease`),
  ]);
  // Not needed by any other supply, and slow to load.
  const openpgp = await import("openpgp");
  const key = await readPinnedKey(openpgp, armored, repository);
  await checkValidity(key, now, repository);
  const release = await verifiedText(openpgp, inRelease, key, now, repository);
  return parsePackagesIndex(await fetchIndex(access, url, parseReleaseDigests(release)));
};

const revisionNumbers = ({ version }: IndexedPackage): number[] =>
  (version.split("-").at(-1) ?? "").split(".").map(Number);

const byRevision = (a: IndexedPackage, b: IndexedPackage): number => {
  const [left, right] = [revisionNumbers(a), revisionNumbers(b)];
  const different = left.findIndex((number, index) => number !== right[index]);
  return different === -1 ? left.length - right.length : (left[different] ?? 0) - (right[different] ?? 0);
};

const mostNamed = 12;

/** The newest revision (`-1.1`, `-2.1` …) of exactly that version. Rejects with ToolError, naming what there is, when there is none. */
export const choosePackage = (
  packages: readonly IndexedPackage[],
  wanted: { readonly name: string; readonly version: string; readonly architecture: string },
  { url }: SignedRepository,
): IndexedPackage => {
  const { name, version, architecture } = wanted;
  const same = packages.filter((each) => each.name === name && [architecture, "all"].includes(each.architecture));
  const fit = same.filter((each) => each.version.replace(/-[\d.]+$/, "") === version && each.version !== version);
  const found = fit.toSorted(byRevision).at(-1);
  if (found !== undefined) return found;
  const versions = same.map((each) => each.version).slice(-mostNamed);
  throw new ToolError(`choosing ${name} ${version} for ${architecture} in ${url}`, {
    tail: versions.length === 0 ? "it has no package of that name" : `it has ${versions.join(", ")}`,
    hint: "name one of those with --kubernetes, or let `--from modules` compile it",
  });
};
