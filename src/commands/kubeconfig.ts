// `kimg kubeconfig`: access to the cluster for a person, signed here with the cluster's CA. Nothing is asked of the cluster, and nothing copied
// from a node.
import { DiagnosticError, type Diagnostic, UsageError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { apiServerOf } from "../operate/api-server.ts";
import { kubeconfig as kubeconfigOf } from "../operate/kubeconfig.ts";
import { toYaml } from "../render/yaml.ts";
import { issueClientCertificate } from "../secrets/authority.ts";
import { formatMoment, parseDuration } from "./duration.ts";
import { loadTrustedCluster, noteWarnings, type TrustOptions } from "./trusted-cluster.ts";

export interface KubeconfigOptions extends TrustOptions {
  readonly user: string;
  readonly groups: readonly string[];
  /** Such as `8h`. */
  readonly ttl: string;
  readonly server?: string;
  /** A file to make; standard output when not given. */
  readonly output?: string;
  readonly json: boolean;
}

/** RFC 5280, appendix A.1: ub-common-name and ub-organization-name. */
const longestName = 64;

const checkNames = (option: string, names: readonly string[]): void => {
  for (const name of names) {
    if (name !== "" && name.length <= longestName && !/\p{Cc}/u.test(name)) continue;
    throw new UsageError(`${option} takes 1 to ${longestName} characters`, "it becomes a name in a certificate");
  }
};

const riskWarnings = (groups: readonly string[], lifetime: number): readonly Diagnostic[] => [
  ...(groups.includes("system:masters")
    ? [
        {
          severity: "warning" as const,
          code: "kubeconfig/past-authorization" as const,
          message: "members of system:masters may do everything, whatever the cluster's roles say",
          hint: "kubeadm:cluster-admins may do the same, and can be taken away by deleting a ClusterRoleBinding",
        },
      ]
    : []),
  ...(lifetime > 30 * 86_400_000
    ? [
        {
          severity: "warning" as const,
          code: "kubeconfig/long-lived" as const,
          message: "Kubernetes cannot take a client certificate back before it ends",
          hint: "mint one for hours, as often as it is needed",
        },
      ]
    : []),
];

const alreadyThere = (path: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "file/exists",
      message: `${path} exists already; nothing was written`,
      hint: "name another file, or move this one away",
    },
  ]);

const writeNew = async (io: Io, path: string, text: string): Promise<void> => {
  try {
    await io.files.create(path, text, 0o600);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw alreadyThere(path);
  }
};

/** What to print: the kubeconfig itself when no file is given. Rejects with DiagnosticError or UsageError. */
export const kubeconfig = async (io: Io, options: KubeconfigOptions): Promise<string> => {
  const { user, groups, output, json } = options;
  const lifetimeMilliseconds = parseDuration("--ttl", options.ttl);
  checkNames("--user", [user]);
  checkNames("--group", groups);
  const { cluster, secrets, warnings } = await loadTrustedCluster(io, options);
  if (output !== undefined && (await io.files.status(output)) !== undefined) throw alreadyThere(output);
  const server = apiServerOf(cluster, options.server);
  const authority = { certificate: secrets.values["ca.crt"], key: secrets.values["ca.key"] };
  const issued = await issueClientCertificate(io, authority, { user, groups, lifetimeMilliseconds });
  const made = kubeconfigOf({ cluster: cluster.name, server, authority: authority.certificate, user, ...issued });
  noteWarnings(io, [...warnings, ...riskWarnings(groups, lifetimeMilliseconds)]);
  if (output === undefined) return json ? JSON.stringify(made, undefined, 2) : toYaml(made).trimEnd();
  await writeNew(io, output, toYaml(made));
  if (json) return JSON.stringify({ output, user, groups, server: server.url, ends: issued.ends }, undefined, 2);
  return `${output}: ${user} (${groups.join(", ")}) at ${server.url} until ${formatMoment(issued.ends)} (mode 0600)`;
};
