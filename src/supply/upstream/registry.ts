// A repository of a container registry, read without credentials:
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md. Believes no digest: that is for the caller to check.
import { ToolError } from "../../diagnostic.ts";
import type { Answer } from "../../edge/io.ts";
import { type Access, AnswerError } from "./access.ts";
import { getBytes, type Got } from "./get.ts";

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

export interface RegistryRepository {
  /** A tag, or a digest. Rejects with ToolError that names tags where there is no such one. */
  readonly manifest: (reference: string) => Promise<Got>;
  readonly blobUrl: (digest: string) => string;
  readonly openBlob: (digest: string) => Promise<Answer>;
}

type Question = (url: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

/** Where a token is given, from the answer's `WWW-Authenticate: Bearer realm="…",service="…",scope="…"`; undefined for other schemes. */
export const tokenUrl = (challenge: string): string | undefined => {
  if (!/^bearer /i.test(challenge)) return undefined;
  const { realm, ...parameters } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  for (const name of ["service", "scope"]) {
    if (parameters[name] !== undefined) url.searchParams.set(name, parameters[name]);
  }
  return url.href;
};

/** A token for everybody, as https://distribution.github.io/distribution/spec/auth/token/ describes. */
const askForToken = async (access: Access, challenge: string): Promise<string | undefined> => {
  const url = tokenUrl(challenge);
  if (url === undefined) return undefined;
  const { bytes } = await getBytes(access, url);
  const answer = JSON.parse(Buffer.from(bytes).toString("utf8")) as { token?: unknown; access_token?: unknown };
  const token = answer.token ?? answer.access_token;
  return typeof token === "string" ? token : undefined;
};

/** Asks, and asks again with a token where the registry wants one. A token is used until the registry wants a new one. */
const withToken = (access: Access): Question => {
  let token: string | undefined;
  const ask: Question = (url, headers = {}) =>
    access.open(url, token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` });
  return async (url, headers) => {
    const first = await ask(url, headers);
    if (first.status !== 401) return first;
    first.close();
    token = await askForToken(access, first.headers.get("www-authenticate") ?? "");
    if (token === undefined)
      throw new AnswerError(access.at(url), "the registry wants credentials; kimg has none", false, 401);
    return ask(url, headers);
  };
};

/** Tags that look like the one missed, for the message; it is no error when they cannot be had. */
const similarTags = async (access: Access, base: string, question: Question, missed: string): Promise<string> => {
  const minor = /^v?\d+\.\d+/.exec(missed)?.[0] ?? "";
  try {
    const { bytes } = await getBytes(access, `${base}/tags/list`, () => question(`${base}/tags/list`));
    const { tags } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { tags: string[] };
    const similar = tags.filter((tag) => tag.startsWith(minor) && /^v?\d+(\.\d+)*(-\w+)?$/.test(tag));
    return similar.length === 0 ? "it has none like it" : `it has ${similar.slice(-12).join(", ")}`;
  } catch {
    access.io.signal.throwIfAborted();
    return "its tags cannot be listed";
  }
};

/** Where a registry has a repository, named as in an image's name: `registry.k8s.io/coredns/coredns`. */
export const repositoryUrl = (repository: string): string => {
  const slash = repository.indexOf("/");
  return `https://${repository.slice(0, slash)}/v2/${repository.slice(slash + 1)}`;
};

export const openRepository = (access: Access, repository: string): RegistryRepository => {
  const base = repositoryUrl(repository);
  const question = withToken(access);
  const blobUrl = (digest: string): string => `${base}/blobs/${digest}`;
  return {
    blobUrl,
    openBlob: (digest) => question(blobUrl(digest)),
    manifest: async (reference) => {
      const url = `${base}/manifests/${reference}`;
      try {
        return await getBytes(access, url, () => question(url, { accept: manifestTypes.join(", ") }));
      } catch (error) {
        if (!(error instanceof AnswerError) || error.status !== 404) throw error;
        const tail = await similarTags(access, base, question, reference);
        throw new ToolError(`choosing ${repository}:${reference}`, {
          tail: `there is no such image; ${tail}`,
          hint: "`--from modules` compiles what is in it",
        });
      }
    },
  };
};
