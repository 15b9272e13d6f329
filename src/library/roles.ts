// `roles/<name>/role.yaml` and its templates → Role.
import { posix } from "node:path";
import { z } from "zod";
import { cloudConfigDiagnostics } from "../config/cloud-config.ts";
import { readText } from "../config/read-file.ts";
import type { Source } from "../config/source.ts";
import { place as placeDiagnostics } from "../config/source.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Role, SecretName } from "../model.ts";
import { SECRETS_BY_BOOTSTRAP, secretNames } from "../secrets/allowed-secrets.ts";
import type { Place } from "./content.ts";
import { loadFiles, loadSteps } from "./content.ts";
import { readDocument } from "./document.ts";
import { filesItem } from "./images.ts";

const names = (what: string) => z.array(z.string().min(1)).describe(what).default([]);

const kimgSchema = z
  .strictObject({
    description: z.string().min(1).describe("One line for people."),
    bootstrap: z
      .enum(["init", "join-control-plane", "join-worker", "load-balancer", "none"])
      .describe("How a node with this role comes into the cluster; decides which secrets it may hold."),
    packages: names("Distribution packages beyond the image's."),
    components: names("Packages of the supply, such as kubelet."),
    containerImages: names("Container images that are in the disk image already, such as pause."),
    units: names("systemd units that are enabled."),
    secrets: z.array(z.enum(secretNames)).describe("Secrets that its templates may read.").default([]),
    files: z.array(filesItem).describe("What is copied into the disk image, before the steps run.").default([]),
    steps: names("Shell scripts, run as root inside of the disk image, after the image's own."),
    replaces: z.boolean().describe("True to take the place of a role of this name in a library before.").default(false),
  })
  .describe("What kimg must know of the role; everything beside it is the node's cloud-config.");

const roleSchema = z.looseObject({ kimg: kimgSchema }).describe("A role.");

export interface LoadedRole {
  readonly role?: Role;
  readonly replaces: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

const forbiddenSecrets = (kimg: z.infer<typeof kimgSchema>): readonly Diagnostic[] => {
  const allowed: readonly SecretName[] = SECRETS_BY_BOOTSTRAP[kimg.bootstrap];
  return kimg.secrets.flatMap((secret, index) => {
    if (allowed.includes(secret)) return [];
    const message = `a node that comes into the cluster by ${kimg.bootstrap} may not hold ${secret}`;
    const hint = `it may hold: ${allowed.join(", ")}`;
    return [{ severity: "error", code: "role/forbidden-secret", message, hint, path: ["kimg", "secrets", index] }];
  });
};

/** `write_files[].template`, with its index. */
const templatesOf = (cloudConfig: Readonly<Record<string, unknown>>): readonly { name: string; index: number }[] => {
  const files = cloudConfig["write_files"];
  if (!Array.isArray(files)) return [];
  return files.flatMap((file: unknown, index) =>
    typeof file === "object" && file !== null && "template" in file && typeof file.template === "string"
      ? [{ name: file.template, index }]
      : [],
  );
};

const loadTemplates = async (
  place: Place,
  folder: string,
  source: Source,
  cloudConfig: Readonly<Record<string, unknown>>,
): Promise<{ readonly sources: ReadonlyMap<string, string>; readonly diagnostics: readonly Diagnostic[] }> => {
  const sources = new Map([["role.yaml", source.text]]);
  const diagnostics: Diagnostic[] = [];
  for (const { name, index } of templatesOf(cloudConfig)) {
    const path = ["write_files", index, "template"];
    if (name.startsWith("../") || posix.isAbsolute(name)) {
      const message = `${name} is not in the role's folder`;
      diagnostics.push({ severity: "error", code: "role/missing-template", message, path });
      continue;
    }
    const { text, diagnostics: unread } = await readText(place.files, posix.join(folder, name));
    if (text !== undefined) sources.set(name, text);
    for (const each of unread) diagnostics.push({ path, ...each });
  }
  return { sources, diagnostics };
};

export const loadRole = async (place: Place): Promise<LoadedRole> => {
  const folder = posix.join(place.roots[0] ?? "", place.folder);
  const { value, source, diagnostics } = await readDocument(place.files, posix.join(folder, "role.yaml"), roleSchema);
  if (value === undefined || source === undefined) return { replaces: false, diagnostics };
  const { kimg, ...cloudConfig } = value;
  const files = await loadFiles(place, kimg.files, ["kimg", "files"]);
  const steps = await loadSteps(place, kimg.steps, ["kimg", "steps"]);
  const templates = await loadTemplates(place, folder, source, cloudConfig);
  const meaning = [
    ...forbiddenSecrets(kimg),
    ...cloudConfigDiagnostics(cloudConfig, [], "template"),
    ...files.diagnostics,
    ...steps.diagnostics,
    ...templates.diagnostics,
  ];
  const { replaces, ...rest } = kimg;
  const role: Role = {
    ...rest,
    name: posix.basename(folder),
    folder,
    files: files.value,
    steps: steps.value,
    cloudConfig,
    sources: templates.sources,
  };
  return { role, replaces, diagnostics: [...diagnostics, ...placeDiagnostics(meaning, source)] };
};
