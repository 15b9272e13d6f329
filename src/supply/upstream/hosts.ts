// Upstream's hosts: which URL each is reached at, and whether it is reached at all.
import { ToolError, UsageError } from "../../diagnostic.ts";
import type { Io } from "../../edge/io.ts";

/** What to do where upstream cannot be reached. */
export const otherWays =
  "without upstream: `--from modules` compiles the same programs from the Go module proxy; " +
  "`--from mirror --mirror DIR` takes them from a folder that `kimg mirror create DIR` made elsewhere";

interface Mirror {
  /** Host and, if need be, the start of the path: `registry.k8s.io/v2`. */
  readonly prefix: string;
  /** URL that stands in its place, without a slash at its end. */
  readonly base: string;
}

const refuse = (entry: string): UsageError =>
  new UsageError(
    `KIMG_UPSTREAM: "${entry}" is no HOST=URL`,
    "for example KIMG_UPSTREAM='pkgs.k8s.io=https://cache.example/k8s registry.k8s.io/v2=https://cache.example/v2/k8s'",
  );

const parseMirror = (entry: string): Mirror => {
  const [prefix = "", base = ""] = entry.split(/=(.*)/s);
  const url = URL.canParse(base) ? new URL(base) : undefined;
  // Not shown: it would bring the password to a log.
  if (url !== undefined && (url.username !== "" || url.password !== "")) {
    throw new UsageError(`KIMG_UPSTREAM: the URL for ${prefix} holds a user or password`, "kimg sends no credentials");
  }
  if (prefix === "" || prefix.includes(":") || (url?.protocol !== "https:" && url?.protocol !== "http:"))
    throw refuse(entry);
  return { prefix, base: base.replace(/\/+$/, "") };
};

const mirrors = (environment: Io["environment"]): Mirror[] =>
  (environment["KIMG_UPSTREAM"] ?? "")
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(parseMirror);

/**
 * The URL that stands for one of upstream's: `KIMG_UPSTREAM` maps hosts, or hosts and the start of a path, to base URLs; the longest
 * match counts. What comes from there is verified as if it came from upstream.
 */
export const throughMirror = (url: string, environment: Io["environment"]): string => {
  const bare = url.replace(/^https:\/\//, "");
  const [found] = mirrors(environment)
    .filter(({ prefix }) => bare === prefix || bare.startsWith(`${prefix}/`))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  return found === undefined ? url : `${found.base}${bare.slice(found.prefix.length)}`;
};

/** A gateway's answers for a host behind it that it cannot reach. */
const gatewayStatuses = new Set([502, 503, 504]);

/** Why one of upstream's URLs cannot be used; undefined when a host answers, whatever it says. */
export const complaintOf = async (io: Io, url: string): Promise<string | undefined> => {
  const at = throughMirror(url, io.environment);
  const { host } = new URL(url);
  const shown = at === url ? host : `${host} at ${new URL(at).host}`;
  try {
    const answer = await io.network.open(at);
    answer.close();
    return gatewayStatuses.has(answer.status) ? `${shown}: HTTP ${answer.status}` : undefined;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return `${shown}: ${error.details.tail ?? error.message}`;
  }
};

/**
 * Asks for each of upstream's URLs once, all at the same time, redirects included. Rejects with one ToolError that names every host
 * that does not answer.
 */
export const checkHosts = async (io: Io, urls: readonly string[]): Promise<void> => {
  const complaints = await Promise.all([...new Set(urls)].map((url) => complaintOf(io, url)));
  const found = new Set(complaints.filter((complaint) => complaint !== undefined));
  if (found.size === 0) return;
  throw new ToolError("reaching upstream", { tail: [...found].toSorted().join("\n"), hint: otherWays });
};
