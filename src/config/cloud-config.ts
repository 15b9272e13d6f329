// The form of a cloud-config, as far as cloud-init would not say anything about it, or only on the node.
import type { CodeOf } from "../codes/index.ts";
import type { Diagnostic, Path } from "../diagnostic.ts";
import { formatPath } from "../diagnostic.ts";
import { didYouMean } from "../did-you-mean.ts";
import { cloudConfigKeys } from "./cloud-config-keys.ts";

/** What cloud-init takes in an item of write_files (25.1.4; 22.4.2 knows all but `source`). */
const fileKeys = ["path", "content", "source", "owner", "permissions", "encoding", "append", "defer"];

/** Lists by cloud-init's schema; anything else there is dropped with a warning on the node. */
const lists: ReadonlySet<string> = new Set("bootcmd mounts packages runcmd ssh_authorized_keys write_files".split(" "));

const complaint = (
  code: CodeOf<"cloud-config">,
  message: string,
  path: Path,
  hint: string,
  at: "key" | "value",
): Diagnostic => ({
  severity: "error",
  code: `cloud-config/${code}`,
  message,
  path,
  at,
  hint,
});

const fileDiagnostics = (file: unknown, path: Path, contentKeys: readonly string[]): readonly Diagnostic[] => {
  if (typeof file !== "object" || file === null || Array.isArray(file)) {
    return [complaint("bad-file", "an item of write_files is a map", path, "write - path: /etc/…", "value")];
  }
  const known = [...fileKeys, ...contentKeys];
  const unknown = Object.keys(file)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const message = `write_files knows no key ${JSON.stringify(key)}${didYouMean(key, known)}`;
      return complaint("unknown-key", message, [...path, key], `known keys: ${known.join(", ")}`, "key");
    });
  const target: unknown = "path" in file ? file.path : undefined;
  if (typeof target === "string" && (target.startsWith("/") || target.startsWith("{{"))) return unknown;
  const where = target === undefined ? path : [...path, "path"];
  return [...unknown, complaint("bad-file", "a file needs an absolute path", where, "write path: /etc/…", "value")];
};

/** `contentKeys`: keys that kimg itself understands in an item of write_files, beside cloud-init's. */
export const cloudConfigDiagnostics = (
  cloudConfig: Readonly<Record<string, unknown>>,
  path: Path,
  ...contentKeys: readonly string[]
): readonly Diagnostic[] =>
  Object.entries(cloudConfig).flatMap(([key, value]): readonly Diagnostic[] => {
    const where = [...path, key];
    if (!cloudConfigKeys.has(key)) {
      const message = `cloud-init knows no key ${JSON.stringify(key)}${didYouMean(key, cloudConfigKeys)}`;
      const hint = "cloud-init would ignore it; its keys are those of its module reference";
      return [complaint("unknown-key", message, where, hint, "key")];
    }
    if (lists.has(key) && !Array.isArray(value)) {
      return [complaint("not-a-list", `${key} must be a list`, where, `write ${formatPath([key])}: [ … ]`, "value")];
    }
    if (key !== "write_files" || !Array.isArray(value)) return [];
    return value.flatMap((file, index) => fileDiagnostics(file, [...where, index], contentKeys));
  });
